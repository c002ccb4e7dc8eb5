/* bare: a process that only ends; no start of a process is cheaper. */
#if defined(__x86_64__)
void _start(void) { __asm__ volatile("mov $60, %eax; xor %edi, %edi; syscall"); }
#elif defined(__aarch64__)
void _start(void) { __asm__ volatile("mov x8, #93; mov x0, #0; svc #0"); }
#else
#error "no bare start for this machine"
#endif
