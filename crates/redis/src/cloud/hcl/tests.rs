//! Against hcl-edit, which reads the whole language: the same files are HCL, and the same stands in them.

use super::{Body, Expression, Value};
use confvet_testkit::{Random, damage};
use hcl_edit::expr::{Expression as Theirs, ObjectKey, TraversalOperator};
use hcl_edit::template::Element;
use std::fmt::Write as _;

/// A body as text: names, labels, values and where they stand.
fn ours(body: &Body<'_>, out: &mut String) {
    for attribute in &body.attributes {
        let _ = write!(out, "{}@{:?}=", attribute.name, attribute.name_range);
        our_value(&attribute.value, out);
    }
    for block in &body.blocks {
        let _ = write!(out, "{}{:?}{{", block.kind, block.labels);
        ours(&block.body, out);
        out.push('}');
    }
}

fn our_value(expression: &Expression<'_>, out: &mut String) {
    let _ = write!(out, "@{:?}", expression.range);
    match &expression.value {
        Value::List(items) => {
            out.push('[');
            items.iter().for_each(|item| our_value(item, out));
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (key, value) in entries {
                let _ = write!(
                    out,
                    "{}:",
                    ["name", "value", "a"].map(|name| key.is_key(name)).map(u8::from).iter().sum::<u8>()
                );
                our_value(value, out);
            }
            out.push('}');
        }
        Value::Reference(names) if names.len() < 2 => out.push_str("computed;"),
        Value::Reference(names) => {
            let _ = write!(out, "{}.{};", names[0], names[1]);
        }
        Value::Computed => out.push_str("computed;"),
        Value::Text(text) => {
            let _ = write!(out, "{text:?};");
        }
        Value::Number(number) => {
            let _ = write!(out, "{};", number.parse::<f64>().unwrap() + 0.0);
        }
        Value::Bool(value) => {
            let _ = write!(out, "{value};");
        }
    }
}

fn theirs(body: &hcl_edit::structure::Body, out: &mut String) {
    use hcl_edit::Span as _;
    for attribute in body.attributes() {
        let _ = write!(out, "{}@{:?}=", attribute.key.as_str(), attribute.key.span().unwrap());
        their_value(&attribute.value, out);
    }
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        let _ = write!(out, "{}{labels:?}{{", block.ident.as_str());
        theirs(&block.body, out);
        out.push('}');
    }
}

fn reference(expression: &Theirs) -> Option<String> {
    let traversal = match expression {
        Theirs::Traversal(traversal) => traversal,
        Theirs::StringTemplate(template) => {
            let mut elements = template.iter();
            match (elements.next()?, elements.next()) {
                (Element::Interpolation(only), None) => return reference(&only.expr),
                _ => return None,
            }
        }
        _ => return None,
    };
    match (&traversal.expr, traversal.operators.first()?.value()) {
        (Theirs::Variable(root), TraversalOperator::GetAttr(name)) => {
            Some(format!("{}.{};", root.as_str(), name.as_str()))
        }
        _ => None,
    }
}

fn their_value(expression: &Theirs, out: &mut String) {
    use hcl_edit::Span as _;
    let _ = write!(out, "@{:?}", expression.span().unwrap());
    match expression {
        Theirs::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| their_value(item, out));
            out.push(']');
        }
        Theirs::Object(entries) => {
            out.push('{');
            for (key, value) in entries {
                let key = match key {
                    ObjectKey::Ident(name) => name.as_str(),
                    ObjectKey::Expression(Theirs::Variable(name)) => name.as_str(),
                    ObjectKey::Expression(key) => key.as_str().unwrap_or_default(),
                };
                let _ = write!(out, "{}:", u8::from(["name", "value", "a"].contains(&key)));
                their_value(value.expr(), out);
            }
            out.push('}');
        }
        Theirs::String(text) => {
            let _ = write!(out, "{:?};", text.as_str());
        }
        Theirs::Number(number) => {
            let _ = write!(out, "{};", number.value().as_f64().unwrap());
        }
        Theirs::Bool(value) => {
            let _ = write!(out, "{};", value.value());
        }
        other => out.push_str(&reference(other).unwrap_or_else(|| "computed;".to_owned())),
    }
}

/// Writes files as the grammar allows them, and a little beyond.
struct Writer {
    random: Random,
    out: String,
}

impl Writer {
    fn put(&mut self, choices: &[&str]) {
        self.out.push_str(self.random.pick(choices));
    }

    fn body(&mut self, depth: usize) {
        for _ in 0..self.random.below(4) {
            self.put(&["", "", "  ", "\t", "# c\n", "// c\r\n", "/* a\nb */ ", "\n"]);
            self.put(&["a", "b", "name", "value", "parameter", "resource", "_x-y", "é", "null"]);
            self.put(&[" ", "", "  ", " /* c */ "]);
            if depth == 0 || self.random.chance(60) {
                self.out.push('=');
                if depth > 0 && self.random.chance(10) {
                    self.heredoc(depth - 1);
                    self.out.push('\n');
                    continue;
                }
                self.expression(depth, false);
            } else {
                for _ in 0..self.random.below(3) {
                    self.put(&["\"l\" ", "l ", "\"\" ", "\"a\\\"b\"", "\"$${x}\""]);
                }
                if self.random.chance(80) {
                    self.put(&["{\n", "{ # c\n", "{\r\n"]);
                    self.body(depth - 1);
                } else {
                    self.put(&["{ ", "{"]);
                    if self.random.chance(60) {
                        self.out.push_str("a = ");
                        self.expression(0, false);
                    }
                }
                self.out.push('}');
            }
            self.put(&["\n", "\n", "\n", "\r\n", " # c\n", " \n", " // c\n", "/* */\n"]);
        }
    }

    fn blank(&mut self, lines: bool) {
        self.put(if lines { &["", " ", "\n", " # c\n ", "\r\n"] } else { &["", " ", " ", "  ", "/* c */"] });
    }

    fn expression(&mut self, depth: usize, lines: bool) {
        self.blank(lines);
        self.operand(depth, lines);
        while depth > 0 && self.random.chance(20) {
            self.blank(lines);
            if self.random.chance(20) {
                self.out.push('?');
                self.expression(depth - 1, lines);
                self.blank(lines);
                self.out.push(':');
            } else {
                self.put(&["==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/ ", "%"]);
            }
            self.blank(lines);
            self.operand(depth - 1, lines);
        }
    }

    fn operand(&mut self, depth: usize, lines: bool) {
        if self.random.chance(10) {
            self.put(&["-", "!", "- "]);
        }
        let deeper = depth.saturating_sub(1);
        match self.random.below(if depth == 0 { 5 } else { 12 }) {
            0 => self.put(&["1", "20", "0", "007", "1.50", "1e3", "2.5E-1", "18446744073709551616", "0.1"]),
            1 => self.put(&["true", "false", "null", "a", "var", "each", "name"]),
            2 => self.put(&["\"\"", "\"20\"", "\"a\\n\\u00e9\\\"\\\\\"", "\"$${x}%%{y} $ % {\"", "\"noeviction\""]),
            3 => self.put(&["a.b", "var.x[0].id", "a.*.b", "a[*].c", "a.0", "a[\"k\"]", "data.x.y.z"]),
            4 => self.put(&["\"${a.b}\"", "\"${ a.b.c[0] }\"", "\"x${a}\"", "\"${~ a.b ~}\"", "\"${\"${a.b}\"}\""]),
            5 => {
                self.put(&["f", "jsonencode", "a::b::f"]);
                self.out.push('(');
                self.list(deeper);
                self.put(&["", "", ",", "..."]);
                self.out.push(')');
            }
            6 => {
                self.out.push('(');
                self.expression(deeper, true);
                self.blank(true);
                self.out.push(')');
            }
            7 => {
                self.out.push('[');
                self.list(deeper);
                self.put(&["", "", ","]);
                self.blank(true);
                self.out.push(']');
            }
            8 => {
                self.out.push('{');
                for _ in 0..self.random.below(4) {
                    self.put(&["", " "]);
                    self.put(&["name", "\"value\"", "(a)", "b", "\"${a}\"", "1"]);
                    self.blank(false);
                    self.put(&["=", ":", " = "]);
                    self.expression(deeper, false);
                    self.put(&[",", "\n", ",\n", " # c\n", " "]);
                }
                self.out.push('}');
            }
            9 => {
                // hcl-edit allows lines in the values of a list only.
                let object = self.random.chance(50);
                self.put(if object { &["{for ", "{ for "] } else { &["[for ", "[\nfor "] });
                self.put(&["k", "k, v", "k,v"]);
                self.out.push_str(" in ");
                self.expression(deeper, false);
                self.out.push_str(" : ");
                self.expression(deeper, !object);
                if object {
                    self.out.push_str(" =>");
                    self.expression(deeper, !object);
                    self.put(&["", "...", " ..."]);
                }
                if self.random.chance(30) {
                    self.out.push_str(" if");
                    self.out.push(' ');
                    self.operand(deeper, !object);
                }
                self.put(if object { &["}", " }", "\n}"] } else { &["]", " ]", "\n]"] });
            }
            10 if lines => {
                self.heredoc(deeper);
                self.out.push('\n');
            }
            _ => {
                self.out.push('"');
                self.template(deeper);
                self.out.push('"');
            }
        }
    }

    /// Not the blanks and newlines in front of its end that hcl-edit takes for text, or otherwise.
    fn heredoc(&mut self, depth: usize) {
        self.put(&["<<EOT\n", "<<-EOT\n", "<<EOT\r\n"]);
        for _ in 0..=self.random.below(3) {
            self.put(&["", "x"]);
            self.template(depth);
            self.put(&[".\n", " x\r\n", "EOTX\n", "\"\\\n"]);
        }
        self.put(&["EOT", "  EOT", "\tEOT"]);
    }

    fn list(&mut self, depth: usize) {
        for index in 0..self.random.below(4) {
            if index > 0 {
                self.out.push(',');
            }
            self.expression(depth, true);
            self.blank(true);
        }
    }

    fn template(&mut self, depth: usize) {
        for _ in 0..self.random.below(3) {
            match self.random.below(4) {
                0 => self.put(&["x", " ", "$ ", "é", "$${", "%%{"]),
                1 => {
                    self.put(&["${", "${~ "]);
                    self.expression(depth, false);
                    self.put(&["}", " }", " ~}"]);
                }
                2 => {
                    self.put(&["%{ if ", "%{if ", "%{~ if "]);
                    self.expression(depth, false);
                    self.put(&["}a%{ else }b", " ~}", "}"]);
                    self.put(&["%{ endif }", "%{endif}", "%{ endif ~}", "%{ endfor }"]);
                }
                _ => {
                    self.put(&["%{ for a in ", "%{ for a, b in "]);
                    self.expression(depth, false);
                    self.put(&[" }x%{ endfor }", "}%{endfor}"]);
                }
            }
        }
    }
}

/// The verdicts on both, and what is in the file as either read it.
fn compare(text: &str) -> (bool, bool, Option<(String, String)>) {
    let (our, their) = (Body::parse(text), hcl_edit::parser::parse_body(text));
    let read = our.as_ref().zip(their.as_ref().ok()).map(|(our, their)| {
        let (mut a, mut b) = (String::new(), String::new());
        ours(our, &mut a);
        theirs(their, &mut b);
        (a, b)
    });
    (our.is_some(), their.is_ok(), read)
}

#[test]
fn written_files_are_read_as_hcl_edit_reads_them() {
    let mut writer = Writer { random: Random::new("hcl"), out: String::new() };
    let (mut read, mut refused, mut apart) = (0, 0, 0);
    for _ in 0..3000 {
        writer.out.clear();
        writer.body(3);
        let (our, their, both) = compare(&writer.out);
        assert!(our || !their, "hcl-edit reads this:\n{}", writer.out);
        // Of expressions over several lines hcl-edit refuses a few that Terraform takes.
        apart += usize::from(our != their);
        refused += usize::from(!our);
        if let Some((our, their)) = both {
            assert_eq!(our, their, "{}", writer.out);
            read += 1;
        }
    }
    assert!(read > 1000 && refused > 300 && apart < 100, "{read} read, {refused} refused, {apart} by hcl-edit alone");
}

#[test]
fn damaged_files_are_read_as_hcl_edit_reads_them() {
    let mut writer = Writer { random: Random::new("damaged hcl"), out: String::new() };
    let (mut read, mut apart) = (0, 0);
    for _ in 0..6000 {
        writer.out.clear();
        writer.body(2);
        let text = damage(&writer.out, &[], &mut writer.random);
        let (our, their, both) = compare(&text);
        if let Some((our, their)) = both {
            assert_eq!(our, their, "{text}");
            read += 1;
        }
        // Where they differ Terraform agrees with us: see the next test.
        apart += usize::from(our != their);
    }
    assert!(read > 1000 && apart < 120, "{read} are HCL, about {apart} there are two opinions");
}

/// What Terraform 1.11 says, in places where hcl-edit says something else, or nearly.
#[test]
fn files_are_refused_as_terraform_refuses_them() {
    for accepted in [
        "",
        "\u{feff}a = 1\n",
        "a = 1",
        "a { b = 1 }",
        "a \"b\" c {\n}\n",
        "a = <<EOT\nEOT\n",
        "a = <<-EOT\n  x EOT\n  EOTX\n  EOT  \n",
        "a = [<<EOT\nx\nEOT\n, 1]\n",
        "a = { b = 1\n\n\nc = 2 }\n",
        "a = { b = 1, # c\n\n c : 2, }\n",
        "a = { b = 007, b = 1 }\n",
        "a = x ? y : z ? 1 : 2\n",
        "a = \"${\nb\n}\"\n",
        "a = \"%{ if a }%{ for b in c }%{ endfor }%{ else }%{ endif }\"\n",
        "a = f(b...)\n",
        "a = p::q::f(1,\n2,\n)\n",
        "a = /* b\nc */ 1 // d\n",
        "a = - - ! b\n",
        "a = b.0.c[*].d.*.e\n",
    ] {
        assert!(Body::parse(accepted).is_some(), "{accepted}");
    }
    for refused in [
        "\r",
        "a = 1\r",
        "a = \n",
        "a = 1 b = 2\n",
        "a = 1\na = 2\n",
        "a { b {} }\n",
        "a { b = 1\n}\n",
        "a {\n} b {\n}\n",
        "a \"${b}\" {\n}\n",
        "a = <<EOT\nx\nEOT",
        "a = <<EOT\nx\nEOT # c\n",
        "a = <<EOT\nx\n",
        "a = \"x\ny\"\n",
        "a = \"\\q\"\n",
        "a = \"${b\"\n",
        "a = \"${}\"\n",
        "a = \"%{ endif }\"\n",
        "a = \"%{ if b }\"\n",
        "a = \"%{ if b }%{ endfor }\"\n",
        "a = f(b..., c)\n",
        "a = f(b..., )\n",
        "a = p::q\n",
        "a = [1 2]\n",
        "a = [,]\n",
        "a = {b = 1,, c = 2}\n",
        "a = {b}\n",
        "a = b[\n*]\n",
        "a = b ? c\n",
        "a = b +\n c\n",
        "a = [for b in c => d]\n",
        "a = {for b in c : d}\n",
        "a = 1x\n",
        "a = 'b'\n",
        "1 = a\n",
    ] {
        assert!(Body::parse(refused).is_none(), "{refused}");
    }
}

#[test]
fn nothing_is_too_deep_to_be_refused() {
    for (open, close) in [("[", "]"), ("(", ")"), ("f(", ")"), ("{a=", "}"), ("\"${", "}\""), ("-", ""), ("a?b:", "")] {
        for depth in [10, 90, 100_000] {
            let text = format!("a = {}1{}\n", open.repeat(depth), close.repeat(depth));
            assert_eq!(Body::parse(&text).is_some(), depth < 100 || open == "-", "{open}, {depth}");
        }
    }
    assert_eq!(Body::parse(&"a {\n".repeat(100_000)), None);
}
