//! The wording of the reference in English and Chinese, and the reference as rows
//! of words. Knows nothing of terminals, tables or the command line, so that the man
//! page can be made from it.

use fell::signal::lookup::{Reading, STATUS_BASE};
use fell::signal::name::{Name, Realtime};
use fell::signal::reference::{Action, Architecture, Standard};

/// The language of the wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese, simplified.
    Chinese,
}

impl Language {
    /// The wording in this language.
    pub fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

/// One signal in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its numbers on the architectures that were asked for; `-` where one has none.
    pub numbers: Vec<String>,
    /// Its name without `SIG`.
    pub name: String,
    /// What happens by default.
    pub action: &'static str,
    /// Whether it can be caught, blocked and ignored.
    pub catchable: &'static str,
    /// The year of the POSIX standard that names it.
    pub standard: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

/// The rows of these names on these architectures.
pub fn rows(names: &[Name], on: &[Architecture], language: Language) -> Vec<Row> {
    names
        .iter()
        .map(|name| Row {
            numbers: on.iter().map(|&at| number(name, at, on)).collect(),
            name: name.to_string(),
            action: action(name.action(), language),
            catchable: answer(name.is_catchable(), language),
            standard: name.standard().map_or("-", year),
            meaning: meaning(name, language),
        })
        .collect()
}

/// The whole reference for a printed page.
#[allow(
    dead_code,
    reason = "for the generator of the man pages, which includes this file"
)]
pub fn reference(on: &[Architecture], language: Language) -> Vec<Row> {
    rows(&brief(&Name::known(on)), on, language)
}

/// A list of names without those inside the real-time range, which its ends stand for.
pub fn brief(names: &[Name]) -> Vec<Name> {
    names
        .iter()
        .filter(|name| {
            !matches!(name, Name::Realtime(_)) || matches!(**name, Name::RTMIN | Name::RTMAX)
        })
        .copied()
        .collect()
}

/// Side by side the columns show what the kernel's headers define; for one architecture
/// alone, the C library's definitions count as well.
fn number(name: &Name, at: Architecture, on: &[Architecture]) -> String {
    let number = if on.len() > 1 {
        name.defined(at)
    } else {
        name.number(at)
    };
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// What a signal is for.
pub fn meaning(name: &Name, language: Language) -> &'static str {
    let key = match name {
        Name::Standard(entry) => entry.name,
        &Name::RTMIN => "RTMIN",
        &Name::RTMAX => "RTMAX",
        Name::Realtime(Realtime::FromMin(_) | Realtime::FromMax(_)) => "RT",
        Name::Reserved(_) => "NPTL",
    };
    MEANINGS
        .iter()
        .find(|(name, ..)| *name == key)
        .map_or("", |(_, english, chinese)| language.pick(english, chinese))
}

/// By name: English, Chinese. A test compares them with the table that they are from.
#[rustfmt::skip]
const MEANINGS: &[(&str, &str, &str)] = &[
    ("HUP", "terminal hung up or controlling process died; many daemons reload their configuration on it", "终端挂断或控制进程终止;许多守护进程收到后重新加载配置"),
    ("INT", "interrupt typed at the terminal (Ctrl+C)", "键盘中断(Ctrl+C)"),
    ("QUIT", "quit typed at the terminal (Ctrl+\\), leaves a core dump", "键盘退出键(Ctrl+\\),并产生核心转储"),
    ("ILL", "the CPU met an illegal instruction", "非法指令"),
    ("TRAP", "trace or breakpoint trap, used by debuggers", "跟踪/断点陷阱,供调试器使用"),
    ("ABRT", "the program gave up by abort(3)", "由 abort(3) 发出的异常终止"),
    ("IOT", "old name of SIGABRT", "SIGABRT 的旧名"),
    ("BUS", "bad memory access: misaligned, or past the end of a mapped file", "总线错误:未对齐或越过映射文件末尾的内存访问"),
    ("EMT", "emulator trap; only where the architecture has it", "仿真器陷阱;仅部分架构有"),
    ("FPE", "arithmetic error such as integer division by zero", "算术异常(如整数除以零)"),
    ("KILL", "forced end; cannot be caught, blocked or ignored", "强制结束;不能被捕获、阻塞或忽略"),
    ("USR1", "free for the application, number one", "用户自定义信号 1"),
    ("SEGV", "invalid memory reference", "无效的内存引用"),
    ("USR2", "free for the application, number two", "用户自定义信号 2"),
    ("PIPE", "write to a pipe or socket that nobody reads any more", "管道破裂:向没有读端的管道或套接字写"),
    ("ALRM", "timer set by alarm(2) ran out", "由 alarm(2) 设置的定时器到期"),
    ("TERM", "polite request to end; can be caught for a clean shutdown", "请求终止;可以捕获以便优雅退出"),
    ("STKFLT", "coprocessor stack fault; not raised by the kernel", "协处理器栈错误;内核并不使用"),
    ("CHLD", "a child ended, stopped or continued", "子进程结束、停止或继续"),
    ("CLD", "System V name of SIGCHLD; kernel headers define it on MIPS only, glibc everywhere", "SIGCHLD 的 System V 名称;内核头文件仅在 MIPS 上定义,glibc 处处定义"),
    ("CONT", "go on if stopped", "继续运行(曾被停止的进程)"),
    ("STOP", "pause the process; cannot be caught, blocked or ignored", "暂停进程(不是终止);不能被捕获、阻塞或忽略"),
    ("TSTP", "stop typed at the terminal (Ctrl+Z)", "终端上按下停止键(Ctrl+Z)"),
    ("TTIN", "a background process tried to read from its terminal", "后台进程企图从控制终端读"),
    ("TTOU", "a background process tried to write to its terminal", "后台进程企图向控制终端写"),
    ("URG", "urgent (out-of-band) data on a socket", "套接字上有紧急(带外)数据"),
    ("XCPU", "CPU time limit exceeded", "超出 CPU 时间限制"),
    ("XFSZ", "file size limit exceeded", "超出文件大小限制"),
    ("VTALRM", "virtual (CPU time) timer ran out", "虚拟定时器(CPU 时间)到期"),
    ("PROF", "profiling timer ran out", "性能剖析定时器到期"),
    ("WINCH", "the terminal window changed its size", "终端窗口大小改变"),
    ("IO", "input or output became possible", "可以进行输入/输出"),
    ("POLL", "System V name of SIGIO", "SIGIO 的 System V 名称"),
    ("PWR", "power is failing", "电源故障"),
    ("INFO", "same number as SIGPWR, Alpha only", "与 SIGPWR 同值;仅 Alpha"),
    ("LOST", "a resource such as a file lock was lost; SPARC only, same number as its SIGPWR", "资源(如文件锁)丢失;仅 SPARC,与其 SIGPWR 同值"),
    ("SYS", "bad system call, also sent by seccomp", "错误的系统调用;seccomp 也会发出"),
    ("UNUSED", "old name of SIGSYS; gone from glibc since 2.26", "SIGSYS 的旧名;glibc 2.26 起不再定义"),
    ("RTMIN", "first real-time signal (the kernel's own is 32, glibc keeps 32 and 33 for threads)", "第一个实时信号(内核为 32,glibc 保留 32、33 供线程使用)"),
    ("RTMAX", "last real-time signal (MIPS kernel header says 128, glibc 127)", "最后一个实时信号(MIPS 内核头文件为 128,glibc 为 127)"),
    ("RT", "real-time signal, free for the application; it queues", "实时信号,供应用程序使用;可排队"),
    ("NPTL", "kept by the C library for its threads", "由 C 库保留,供其线程使用"),
];

/// What the kernel does by default.
pub fn action(action: Action, language: Language) -> &'static str {
    match action {
        Action::Terminate => language.pick("terminate", "终止"),
        Action::Core => language.pick("core", "终止并转储"),
        Action::Ignore => language.pick("ignore", "忽略"),
        Action::Stop => language.pick("stop", "暂停"),
        Action::Continue => language.pick("continue", "继续"),
    }
}

fn answer(is_so: bool, language: Language) -> &'static str {
    match is_so {
        true => language.pick("yes", "是"),
        false => language.pick("no", "否"),
    }
}

/// The year of a standard.
fn year(standard: Standard) -> &'static str {
    match standard {
        Standard::Posix1990 => "1990",
        Standard::Posix2001 => "2001",
    }
}

/// The title of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Title {
    /// The number on this architecture.
    Number,
    /// The number on one of several.
    NumberOn(Architecture),
    /// The name.
    Name,
    /// The default action.
    Action,
    /// Whether it can be caught.
    Catchable,
    /// The standard.
    Standard,
    /// What it is for.
    Meaning,
    /// What a process does with it.
    Disposition,
    /// What would come of it.
    Outlook,
}

/// The title of a column in words.
pub fn title(title: Title, language: Language) -> &'static str {
    match title {
        Title::Number => language.pick("No.", "编号"),
        Title::NumberOn(architecture) => architecture.name(),
        Title::Name => language.pick("Name", "名称"),
        Title::Action => language.pick("Action", "默认动作"),
        Title::Catchable => language.pick("Catch", "可捕获"),
        Title::Standard => "POSIX",
        Title::Meaning => language.pick("Meaning", "含义"),
        Title::Disposition => language.pick("The process", "该进程"),
        Title::Outlook => language.pick("If it came now", "若现在收到"),
    }
}

/// What stands below the table of a machine: the rest of the real-time range.
pub fn realtime_note(on: Architecture, language: Language) -> String {
    let (first, last) = (on.realtime_min() + 1, on.realtime_max() - 1);
    language.pick(
        format!(
            "{first} to {last} are RTMIN+1 to RTMAX-1: real-time signals, free for the \
             application; unlike the others they queue."
        ),
        format!("{first} 到 {last} 为 RTMIN+1 到 RTMAX-1:实时信号,供应用程序使用;与其他信号不同,可以排队。"),
    )
}

/// How a word was read, where that needs to be said. `word` must be safe to print.
pub fn reading(reading: Reading, word: &str, names: &[Name], language: Language) -> Option<String> {
    let list = |before: &str, between: &str| {
        let names: Vec<String> = names.iter().map(|name| format!("{before}{name}")).collect();
        names.join(between)
    };
    match reading {
        Reading::Name | Reading::Number => None,
        Reading::OtherName(_) => Some(language.pick(
            format!("{word}: another name of {}", list("", ", ")),
            format!("{word}:{} 的别名", list("", ", ")),
        )),
        Reading::Status(signal) => Some(language.pick(
            format!(
                "{word}: {STATUS_BASE}+{signal}, ended by {}",
                list("SIG", " or ")
            ),
            format!(
                "{word}:{STATUS_BASE}+{signal},被 {} 结束",
                list("SIG", " 或 ")
            ),
        )),
        Reading::Existence => Some(language.pick(
            format!(
                "{word}: no signal; kill(2) with 0 sends nothing and only checks whether the \
                 process exists and may be signalled"
            ),
            format!(
                "{word}:不是信号;kill(2) 的 0 不发送任何信号,只检查进程是否存在以及是否有权限发送"
            ),
        )),
        Reading::Mask { .. } if names.is_empty() => {
            Some(language.pick(format!("{word}: no signal"), format!("{word}:没有信号")))
        }
        Reading::Mask { .. } => Some(language.pick(
            format!("{word}: {}", list("", ", ")),
            format!("{word}:{}", list("", ", ")),
        )),
    }
}

/// What stands for several signals in one sentence.
pub fn each(language: Language) -> &'static str {
    language.pick("each", "每个都")
}
