//! Colours, and when to use them.

use crate::args::Color;
use anstyle::{AnsiColor, Style};
use confvet::Severity;
use std::io::IsTerminal;

/// Styles that print nothing when colour is off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    pub(crate) is_on: bool,
}

impl Palette {
    pub(crate) fn new(color: Color) -> Self {
        let is_on = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !no_color && std::io::stdout().is_terminal()
            }
        };
        Self { is_on }
    }

    fn style(self, style: Style) -> Style {
        if self.is_on { style } else { Style::new() }
    }

    pub(crate) fn bold(self) -> Style {
        self.style(Style::new().bold())
    }

    pub(crate) fn dim(self) -> Style {
        self.style(Style::new().dimmed())
    }

    pub(crate) fn added(self) -> Style {
        self.style(AnsiColor::Green.on_default())
    }

    pub(crate) fn removed(self) -> Style {
        self.style(AnsiColor::Red.on_default())
    }

    pub(crate) fn code(self) -> Style {
        self.style(AnsiColor::Cyan.on_default())
    }

    pub(crate) fn severity(self, severity: Severity) -> Style {
        let color = match severity {
            Severity::Error => AnsiColor::BrightRed,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Info => AnsiColor::BrightBlue,
        };
        self.style(color.on_default().bold())
    }
}
