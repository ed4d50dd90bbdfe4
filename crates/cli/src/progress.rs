//! A progress bar on standard error, for runs that take more than a second on a terminal.

use confvet::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Once;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Bar {
    started: Instant,
    bar: ProgressBar,
    shown: Once,
    wanted: bool,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::hidden();
        Self { started: Instant::now(), bar, shown: Once::new(), wanted: std::io::stderr().is_terminal() }
    }

    pub(crate) fn update(&self, progress: Progress) {
        if !self.wanted {
            return;
        }
        match progress {
            Progress::Found(count) => self.bar.set_length(count as u64),
            Progress::Read => self.bar.inc(1),
            Progress::Checking => self.bar.set_message("checking"),
        }
        if self.started.elapsed() > PATIENCE {
            self.shown.call_once(|| {
                if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} files {msg}") {
                    self.bar.set_style(style);
                }
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
                self.bar.enable_steady_tick(Duration::from_millis(100));
            });
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
