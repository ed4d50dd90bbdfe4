//! Flags that the JVM takes, and that Elasticsearch refuses or suffers from.

use crate::jvm::{Collector, FlagValue, JvmArgument, JvmOption, JvmSource, size_of};
use crate::model::Elasticsearch;
use crate::node::Node;
use confvet_core::units::ByteSize;
use confvet_core::{Category, Context, Edit, Findings, Rule, Safety, Severity};

pub(super) static RULE: Rule<Elasticsearch> = Rule { name: "elasticsearch/jvm-flag-harmful", check };

/// How bad, what kind, and why.
type Harm = (Severity, Category, &'static str);

fn check(model: &Elasticsearch, context: &Context<'_>, findings: &mut Findings) {
    for (file, node) in model.read_jvm_files().filter(|(file, _)| file.source != JvmSource::IgnoredName) {
        for option in &file.options {
            let Some((severity, category, reason)) = harm(node, option) else { continue };
            if severity < Severity::Error && node.has_settings() && node.is_dev(context) {
                continue;
            }
            let flag = context.text(option.span).split('=').next().unwrap_or_default();
            let report =
                findings.report(option.span, format!("{flag}: {reason}")).severity(severity).category(category);
            if option.flag().is_some_and(|(name, _)| name == "OnOutOfMemoryError") {
                let edit = Edit::replace(option.span, "-XX:+ExitOnOutOfMemoryError");
                report.suggest_as(Safety::Safe, "let the JVM exit, and the service manager start it again", [edit]);
            } else {
                let edit = file.delete_line(option, context.sources);
                report.suggest_as(Safety::Unsafe, "remove the option", edit);
            }
        }
    }
}

fn harm(node: &Node, option: &JvmOption) -> Option<Harm> {
    match &option.argument {
        JvmArgument::Flag { name, value } => harmful_flag(node, name, value),
        JvmArgument::Other(text) => harmful_option(node, text),
        JvmArgument::Heap { .. } | JvmArgument::Property { .. } => None,
    }
}

fn harmful_flag(node: &Node, name: &str, value: &FlagValue) -> Option<Harm> {
    let in_production = || if node.in_production() { Severity::Error } else { Severity::Warning };
    let below =
        |limit: ByteSize| matches!(value, FlagValue::Set(text) if size_of(text).is_some_and(|size| size < limit));
    Some(match (name, value) {
        ("OnOutOfMemoryError" | "OnError", FlagValue::Set(_)) => (
            Severity::Error,
            Category::Outage,
            "starting a program would have to fork, which the bootstrap check refuses",
        ),
        (name, FlagValue::On) if Collector::of_flag(name) == Some(Collector::Serial) => {
            (in_production(), Category::Outage, "the serial collector is refused in production mode")
        }
        ("UseCompressedOops", FlagValue::Off) => {
            (Severity::Warning, Category::Performance, "every object reference doubles, at any size of the heap")
        }
        ("HeapDumpOnOutOfMemoryError", FlagValue::Off) => {
            (Severity::Warning, Category::Maintainability, "nothing will show what filled the heap")
        }
        ("DisableExplicitGC", FlagValue::On) if node.jvm_options().limits_direct_memory() => (
            Severity::Warning,
            Category::Outage,
            "direct memory is freed by explicit collections; without them it reaches MaxDirectMemorySize",
        ),
        ("MaxDirectMemorySize", FlagValue::Set(_)) if below(ByteSize::mib(256)) => {
            (Severity::Warning, Category::Outage, "less than 256m is too little for network buffers")
        }
        (name, FlagValue::On) if Collector::of_flag(name) == Some(Collector::Parallel) => {
            (Severity::Info, Category::Performance, "its pauses grow with the heap; Elasticsearch is tested with G1")
        }
        (name, FlagValue::On) if Collector::of_flag(name) == Some(Collector::Z) => {
            (Severity::Info, Category::Performance, "ZGC has no compressed pointers; Elasticsearch is tested with G1")
        }
        ("G1HeapRegionSize" | "NewRatio" | "NewSize" | "MaxNewSize", FlagValue::Set(_)) => {
            (Severity::Info, Category::Performance, "fixed sizes keep G1 from adapting to its pause target")
        }
        _ => return None,
    })
}

fn harmful_option(node: &Node, text: &str) -> Option<Harm> {
    let in_production = || if node.in_production() { Severity::Error } else { Severity::Warning };
    if text == "-client" {
        return Some((in_production(), Category::Outage, "the client JVM is refused in production mode"));
    }
    if text == "-Xint" {
        return Some((
            Severity::Warning,
            Category::Performance,
            "nothing is compiled, everything is many times slower",
        ));
    }
    if text.strip_prefix("-Xss").and_then(size_of).is_some_and(|size| size < ByteSize(320 * ByteSize::KIB)) {
        return Some((Severity::Warning, Category::Outage, "stacks this small overflow in deep queries"));
    }
    text.starts_with("-Xmn").then_some((
        Severity::Info,
        Category::Performance,
        "fixed sizes keep G1 from adapting to its pause target",
    ))
}
