//! The wording of what a process does with a signal, in English and Chinese.

use fell::process::{Process, State};
use fell::signal::Signal;
use fell::signal::disposition::{Disposition, SignalSets};
use fell::signal::outlook::{Outlook, Wait};

use super::meanings::Language;

/// Who the process is. `name` must be safe to print.
pub fn heading(process: &Process, name: &str, language: Language) -> String {
    let (pid, threads) = (process.pid(), process.threads.max(1));
    let state = match process.is_zombie() {
        // The main thread alone may have ended.
        false if process.state == State::Zombie => {
            language.pick("its main thread has ended", "主线程已结束")
        }
        _ => state(process.state, language),
    };
    let plural = if threads == 1 { "" } else { "s" };
    language.pick(
        format!("{pid} {name}: {state}, {threads} thread{plural}"),
        format!("{pid} {name}:{state},{threads} 个线程"),
    )
}

fn state(state: State, language: Language) -> &'static str {
    match state {
        State::Running => language.pick("running", "运行中"),
        State::Sleeping => language.pick("sleeping", "睡眠"),
        State::Uninterruptible => language.pick("in an uninterruptible sleep", "不可中断睡眠"),
        State::Stopped => language.pick("stopped", "已暂停"),
        State::Traced => language.pick("stopped by its tracer", "被跟踪者暂停"),
        State::Zombie => language.pick("a zombie", "僵尸"),
        State::Dead => language.pick("dead", "已死"),
        State::Idle => language.pick("idle", "空闲"),
        State::Other(_) => language.pick("in an unknown state", "未知状态"),
    }
}

/// What a process does with a signal, and where one of it waits already.
pub fn disposition(sets: &SignalSets, signal: Signal, language: Language) -> String {
    let base = if sets.caught.contains(signal) {
        language.pick("caught", "捕获")
    } else if sets.ignored.contains(signal) {
        language.pick("ignored", "忽略")
    } else if sets.settled(signal) == Disposition::Shielded {
        language.pick("shielded", "屏护")
    } else {
        language.pick("default", "默认")
    };
    let pending = match (
        sets.pending.contains(signal),
        sets.pending_thread.contains(signal),
    ) {
        (false, false) => None,
        (true, false) => Some(language.pick("pending", "待决")),
        (false, true) => Some(language.pick("pending (thread)", "待决(线程)")),
        (true, true) => Some(language.pick("pending (process and thread)", "待决(进程与线程)")),
    };
    let blocked = sets
        .blocked
        .contains(signal)
        .then_some(language.pick("blocked", "阻塞"));
    let words: Vec<&str> = [Some(base), blocked, pending]
        .into_iter()
        .flatten()
        .collect();
    words.join(language.pick(", ", "、"))
}

/// What would come of a signal, in one sentence about `subject`.
pub fn outlook(outlook: Outlook, subject: &str, language: Language) -> String {
    let (english, chinese) = match outlook {
        Outlook::Ends => ("would end it", "会结束它"),
        Outlook::Dumps => ("would end it with a core dump", "会结束它并产生核心转储"),
        Outlook::Stops => ("would stop it", "会暂停它"),
        Outlook::Continues => ("would continue it", "会让它继续"),
        Outlook::Handler => ("is caught: it decides", "被捕获:由它决定"),
        Outlook::Ignored => ("is ignored", "被忽略"),
        Outlook::Nothing => ("would do nothing: the default", "不起作用:默认如此"),
        Outlook::StoppedAlready => ("would do nothing: it is stopped", "不起作用:它已暂停"),
        Outlook::RunsAlready => ("would do nothing: it is not stopped", "不起作用:它没有暂停"),
        Outlook::Shielded => (
            "would do nothing: the init of a PID namespace has no handler for it",
            "不起作用:它是 PID 命名空间的 init,且没有处理函数",
        ),
        Outlook::EndedAlready => ("would do nothing: it has ended", "不起作用:它已结束"),
        Outlook::KernelThread => ("would do nothing: a kernel thread", "不起作用:它是内核线程"),
        Outlook::Waits(wait) => {
            return language.pick(
                format!("pending until {}", until(wait, language)),
                format!("待决,直到{}", until(wait, language)),
            );
        }
        Outlook::Lost(wait) => {
            return language.pick(
                format!(
                    "pending until {}; another one is lost",
                    until(wait, language)
                ),
                format!("待决,直到{};再来一个会丢失", until(wait, language)),
            );
        }
    };
    // Chinese words stand together, Latin ones apart.
    let blank = if subject.is_ascii() { " " } else { "" };
    format!("{subject}{blank}{}", language.pick(english, chinese))
}

fn until(wait: Wait, language: Language) -> &'static str {
    match wait {
        Wait::Blocked => language.pick("it unblocks it: blocked", "它解除阻塞:阻塞中"),
        Wait::Stopped => language.pick("it continues: stopped", "它继续运行:已暂停"),
        Wait::Traced => language.pick("its tracer lets it go on: traced", "跟踪者放行:被跟踪"),
        Wait::Uninterruptible => language.pick(
            "the kernel lets it go: uninterruptible sleep",
            "内核放行:不可中断睡眠",
        ),
        Wait::Turn => language.pick("it runs", "轮到它运行"),
    }
}
