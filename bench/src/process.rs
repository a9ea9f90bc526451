//! What processes have used, as the kernel counts it.

use std::collections::HashMap;
use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::Context as _;

/// A process that ends with us.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.spawn();
        child
            .map(Self)
            .with_context(|| command.get_program().display().to_string())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn exited(&mut self) -> anyhow::Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.id().to_string()).status()?;
        self.0.wait()?;
        Ok(())
    }

    /// Waits until it has ended of itself.
    pub(crate) fn wait(mut self) -> anyhow::Result<()> {
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already needs no more.
        let _ = Command::new("kill")
            .arg(self.id().to_string())
            .stderr(std::process::Stdio::null())
            .status();
        for _ in 0..200 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The fields of `/proc/PID/stat` after the name, from `state` on.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

/// A process and all that come from it.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        if let Some(parent) = stat(pid).and_then(|fields| fields.get(1)?.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut all = vec![root];
    let mut at = 0;
    while at < all.len() {
        all.extend(children.remove(&all[at]).unwrap_or_default());
        at += 1;
    }
    all
}

/// The CPU that a process and all that come from it have used, those that have ended included.
pub(crate) fn cpu(root: u32) -> Duration {
    // utime, stime, cutime, cstime; in hundredths of a second on every Linux.
    let ticks = |pid| {
        let fields = stat(pid)?;
        Some(
            fields
                .get(11..15)?
                .iter()
                .filter_map(|field| field.parse::<u64>().ok())
                .sum::<u64>(),
        )
    };
    Duration::from_millis(10 * tree(root).into_iter().filter_map(ticks).sum::<u64>())
}

/// The memory of a process and all that come from it, shared pages counted once, in bytes.
pub(crate) fn memory(root: u32) -> u64 {
    let of = |pid| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    1024 * tree(root).into_iter().filter_map(of).sum::<u64>()
}

/// The CPU that this process has used.
pub(crate) fn own_cpu() -> Duration {
    let fields = stat(std::process::id()).unwrap_or_default();
    let ticks = fields
        .iter()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}
