//! Cuts the module into a primary one, which holds what all systems need, and a part for each system, which a browser loads
//! when a file of that system is there.
//!
//! All share one memory and one table. In the primary module every function keeps its number. One that belongs to a part is
//! there as a gate, which calls through a slot of the table that the part fills, or is unreachable if nothing outside of the
//! part calls it. Parts import what they call of the primary module, gates to other parts among it.
//!
//! What belongs to a part is told by the names of functions, which name the crate or a type of it, and by who calls whom:
//!
//! - a function whose name names a system's crate belongs to the system, unless detecting needs it;
//! - a function without such a name whose address is taken, and that calls such functions of exactly one system, belongs to that;
//! - one that is reached by calls from functions of exactly one system belongs to that.
//!
//! So nothing may be merged before that only looks alike: a function would be called by more than its name says.

use crate::code;
use crate::module::{
    Bytes, CODE, CUSTOM, DATA, ELEMENT, EXPORT, FUNCTION, FUNCTION_KIND, GLOBAL, GLOBAL_KIND, IMPORT, MEMORY,
    MEMORY_KIND, TABLE, TABLE_KIND, TYPE, function_names, imported_functions, push_names, push_number, push_section,
    push_sized, sections,
};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The module that parts import from; wasm/js/index.js hands the exports of the primary module in under this name.
const PRIMARY: &[u8] = b"p";

/// Parts of mangled names of functions that run before it is known which systems are needed.
const EARLY: [&str; 2] = ["6detect", "8might_be"];

/// What makes the value of a `LazyLock`, such as the table of keys that detecting looks into: it is called through the table
/// of functions, no name says whose it is, and its slot stands in the data of the lock.
const MAKER: &str = "4core3ops8function6FnOnce9call_once17h";

/// In so many bytes from the beginning of a lock, which code names, its slot stands.
const LOCK: usize = 8;

/// Exports that are called before any part is there.
const EARLY_EXPORTS: [&str; 5] = ["rawNeeds", "rawRules", "rawSystems", "rawVersion", "rawlinter_new"];

/// What the module was cut into.
pub(crate) struct Parts {
    pub(crate) primary: Vec<u8>,
    /// In the order of the systems.
    pub(crate) parts: Vec<Vec<u8>>,
}

/// Cuts a module that has the names of its functions.
pub(crate) fn split(module: &[u8], systems: &[&str]) -> Result<Parts> {
    let module = Module::read(module).context("the module is not as wasm-bindgen and wasm-opt leave it")?;
    let owners = Owners::find(&module, systems)?;
    let plan = Plan::new(&module, &owners, systems.len());
    let parts = (0..systems.len()).map(|part| plan.part(part)).collect::<Option<Vec<_>>>();
    let parts = parts.context("a part cannot be written")?;
    Ok(Parts { primary: plan.primary().context("the primary module cannot be written")?, parts })
}

/// A module as far as it is cut. Functions are counted from 0 with the imported ones.
struct Module<'a> {
    sections: BTreeMap<u8, &'a [u8]>,
    /// The sections as they follow each other.
    order: Vec<u8>,
    /// The number of parameters of each type.
    parameters: Vec<usize>,
    imported: usize,
    /// The type of each function of its own.
    types: Vec<usize>,
    bodies: Vec<&'a [u8]>,
    names: HashMap<usize, String>,
    /// Whom each function of its own calls by number.
    callees: Vec<BTreeSet<usize>>,
    exported: HashMap<usize, &'a str>,
    /// What stands where in the table of functions.
    slots: BTreeMap<usize, usize>,
    /// What stands where in the memory.
    data: Vec<(usize, &'a [u8])>,
    tables: Vec<(u8, Limits)>,
    memory: Limits,
    /// The type of each global and whether it can be changed, as two bytes.
    globals: Vec<[u8; 2]>,
}

#[derive(Clone, Copy)]
struct Limits {
    least: usize,
    most: Option<usize>,
}

impl Limits {
    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        bytes.limits().map(|(least, most)| Self { least, most })
    }

    fn push(self, out: &mut Vec<u8>) {
        out.push(u8::from(self.most.is_some()));
        push_number(out, self.least);
        if let Some(most) = self.most {
            push_number(out, most);
        }
    }
}

impl<'a> Module<'a> {
    fn read(module: &'a [u8]) -> Option<Self> {
        let (mut by_id, mut order) = (BTreeMap::new(), Vec::new());
        let mut names = HashMap::new();
        for section in sections(module) {
            if section.id == CUSTOM {
                names.extend(function_names(Bytes(section.bytes)).unwrap_or_default());
            } else {
                by_id.insert(section.id, section.bytes);
                order.push(section.id);
            }
        }
        let content = |id: u8| by_id.get(&id).copied().map(Bytes);
        let parameters = list(content(TYPE)?, |bytes| {
            if bytes.byte()? != 0x60 {
                return None;
            }
            let parameters = bytes.sized()?.len();
            bytes.sized()?;
            Some(parameters)
        })?;
        let imported = imported_functions(content(IMPORT)?)?;
        let types = list(content(FUNCTION)?, Bytes::number)?;
        let tables = list(content(TABLE)?, |bytes| Some((bytes.byte()?, Limits::read(bytes)?)))?;
        let memory = *list(content(MEMORY)?, Limits::read)?.first()?;
        let globals = list(content(GLOBAL)?, |bytes| {
            let global = [bytes.byte()?, bytes.byte()?];
            skip_expression(bytes)?;
            Some(global)
        })?;
        let exports = list(content(EXPORT)?, |bytes| {
            let name = std::str::from_utf8(bytes.sized()?).ok()?;
            Some((bytes.byte()?, bytes.number()?, name))
        })?;
        let exported = exports.into_iter().filter(|&(kind, ..)| kind == FUNCTION_KIND);
        let segments = list(content(ELEMENT)?, |bytes| {
            let offset = segment_offset(bytes)?;
            let mut functions = Vec::new();
            for _ in 0..bytes.number()? {
                functions.push(bytes.number()?);
            }
            Some((offset, functions))
        })?;
        let slots = segments.into_iter().flat_map(|(offset, functions)| (offset..).zip(functions)).collect();
        let data = list(content(DATA).unwrap_or(Bytes(&[0])), |bytes| Some((segment_offset(bytes)?, bytes.sized()?)))?;
        let bodies = list(content(CODE)?, Bytes::sized)?;
        let callees = bodies.iter().map(|body| Some(code::calls(body)?.into_iter().collect()));
        let callees = callees.collect::<Option<_>>()?;
        Some(Self {
            parameters,
            imported,
            types,
            bodies,
            names,
            callees,
            exported: exported.map(|(_, function, name)| (function, name)).collect(),
            slots,
            data,
            tables,
            memory,
            globals,
            sections: by_id,
            order,
        })
    }

    /// The numbers of its own functions.
    fn own(&self) -> std::ops::Range<usize> {
        self.imported..self.imported + self.bodies.len()
    }

    fn type_of(&self, function: usize) -> Option<usize> {
        self.types.get(function.checked_sub(self.imported)?).copied()
    }

    /// Where in the data the slots of makers stand, and the makers. A number that happens to look like one does no harm.
    fn makers(&self) -> BTreeMap<usize, usize> {
        let is_maker = |function: &&usize| self.names.get(function).is_some_and(|name| name.contains(MAKER));
        let slots: HashMap<u32, usize> = (self.slots.iter().filter(|(_, function)| is_maker(function)))
            .filter_map(|(&slot, &function)| Some((u32::try_from(slot).ok()?, function)))
            .collect();
        let mut makers = BTreeMap::new();
        for (offset, bytes) in &self.data {
            let words = bytes[offset.next_multiple_of(4).saturating_sub(*offset).min(bytes.len())..].chunks_exact(4);
            for (address, word) in (offset.next_multiple_of(4)..).step_by(4).zip(words) {
                if let Some(&maker) = word.try_into().ok().and_then(|word| slots.get(&u32::from_le_bytes(word))) {
                    makers.insert(address, maker);
                }
            }
        }
        makers
    }

    fn callees(&self, function: usize) -> impl Iterator<Item = usize> {
        function.checked_sub(self.imported).into_iter().flat_map(|index| self.callees[index].iter().copied())
    }
}

/// Reads a count and as many entries.
fn list<'a, T>(mut bytes: Bytes<'a>, mut entry: impl FnMut(&mut Bytes<'a>) -> Option<T>) -> Option<Vec<T>> {
    let count = bytes.number()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(entry(&mut bytes)?);
    }
    bytes.0.is_empty().then_some(entries)
}

/// Where an active segment of the first table or memory lies, as the linker makes them.
fn segment_offset(bytes: &mut Bytes<'_>) -> Option<usize> {
    let [0, 0x41] = [bytes.byte()?, bytes.byte()?] else { return None };
    let offset = bytes.number()?;
    (bytes.byte()? == code::END).then_some(offset)
}

/// Reads over a constant expression, up to its `end`.
fn skip_expression(bytes: &mut Bytes<'_>) -> Option<()> {
    loop {
        let operation = bytes.byte()?;
        bytes.take(code::operands(operation, bytes.0)?)?;
        if operation == code::END {
            return Some(());
        }
    }
}

/// The body with other numbers for the functions that it calls.
fn renumbered(body: &[u8], number: impl Fn(usize) -> Option<usize>) -> Option<Vec<u8>> {
    let (declared, instructions) = body.split_at(code::declarations(body)?);
    let mut out = declared.to_vec();
    let mut bytes = Bytes(instructions);
    while let Some(operation) = bytes.byte() {
        let operands = bytes.take(code::operands(operation, bytes.0)?)?;
        out.push(operation);
        if operation == code::CALL {
            push_number(&mut out, number(Bytes(operands).number()?)?);
        } else {
            out.extend_from_slice(operands);
        }
    }
    Some(out)
}

/// To which part each function belongs; the others stay in the primary module.
struct Owners(HashMap<usize, usize>);

impl Owners {
    fn find(module: &Module<'_>, systems: &[&str]) -> Result<Self> {
        let crates: Vec<String> = systems.iter().map(|system| format!("confvet_{system}")).collect();
        let early = early(module);
        let mut owners: HashMap<usize, usize> = HashMap::new();
        for function in module.own().filter(|function| !early.contains(function)) {
            let name = module.names.get(&function).map_or("", String::as_str);
            let named: Vec<usize> = (0..crates.len()).filter(|&part| name.contains(&crates[part])).collect();
            if let [part] = named[..]
                && !module.exported.contains_key(&function)
            {
                owners.insert(function, part);
            }
        }
        if let Some(part) = (0..systems.len()).find(|part| !owners.values().any(|owner| owner == part)) {
            bail!("no function names the crate of {}: has the module lost its names?", systems[part]);
        }
        for &function in module.slots.values().filter(|function| module.own().contains(function)) {
            let called: BTreeSet<usize> =
                module.callees(function).filter_map(|callee| owners.get(&callee).copied()).collect();
            if let Some(&part) = called.first()
                && called.len() == 1
                && !early.contains(&function)
                && !module.exported.contains_key(&function)
            {
                owners.entry(function).or_insert(part);
            }
        }
        // Who reaches what by calling: each part from its own functions, the primary module from all others that may be called
        // from anywhere.
        let addressed = module.slots.values().chain(module.exported.keys()).chain(&early);
        let primary = reached(module, &owners, addressed.copied().filter(|function| !owners.contains_key(function)));
        let by_part: Vec<BTreeSet<usize>> = (0..systems.len())
            .map(|part| reached(module, &owners, module.own().filter(|function| owners.get(function) == Some(&part))))
            .collect();
        for function in module.own().filter(|function| !primary.contains(function)) {
            let parts: Vec<usize> = (0..systems.len()).filter(|&part| by_part[part].contains(&function)).collect();
            if let [part] = parts[..] {
                owners.entry(function).or_insert(part);
            }
        }
        Ok(Self(owners))
    }

    fn of(&self, function: usize) -> Option<usize> {
        self.0.get(&function).copied()
    }
}

/// What some functions call, directly or not, without going through those that have an owner.
fn reached(module: &Module<'_>, owners: &HashMap<usize, usize>, from: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let mut open: Vec<usize> = from.collect();
    let mut reached: BTreeSet<usize> = open.iter().copied().collect();
    while let Some(function) = open.pop() {
        for callee in module.callees(function) {
            if !owners.contains_key(&callee) && reached.insert(callee) {
                open.push(callee);
            }
        }
    }
    reached
}

/// The functions that run before any part is there.
fn early(module: &Module<'_>) -> BTreeSet<usize> {
    let is_early = |function: &usize| {
        let exported = module.exported.get(function).is_some_and(|name| EARLY_EXPORTS.contains(name));
        exported || module.names.get(function).is_some_and(|name| EARLY.iter().any(|part| name.contains(part)))
    };
    let makers = module.makers();
    let mut open: Vec<usize> = module.own().filter(is_early).collect();
    let mut early = BTreeSet::new();
    while let Some(function) = open.pop() {
        if early.insert(function) {
            open.extend(module.callees(function));
            let numbers = function.checked_sub(module.imported).map(|index| code::numbers(module.bodies[index]));
            let near = |number: usize| makers.range(number..number.saturating_add(LOCK));
            open.extend(numbers.into_iter().flatten().flatten().flat_map(near).map(|(_, &maker)| maker));
        }
    }
    early
}

/// How the modules call each other.
struct Plan<'m> {
    module: &'m Module<'m>,
    owners: &'m Owners,
    /// The functions of each part that are called from outside of it, each with its slot.
    gates: Vec<BTreeMap<usize, usize>>,
    /// What each part calls outside of itself, in the order in which it imports it.
    imports: Vec<Vec<usize>>,
    /// The length of the table of functions.
    slots: usize,
}

impl<'m> Plan<'m> {
    fn new(module: &'m Module<'m>, owners: &'m Owners, parts: usize) -> Self {
        let mut gates = vec![BTreeMap::new(); parts];
        let mut imports = vec![BTreeSet::new(); parts];
        for caller in module.own() {
            let from = owners.of(caller);
            for callee in module.callees(caller).filter(|&callee| owners.of(callee) != from) {
                if let Some(part) = owners.of(callee) {
                    gates[part].insert(callee, 0);
                }
                if let Some(part) = from {
                    imports[part].insert(callee);
                }
            }
        }
        let mut slots = module.tables.first().map_or(0, |(_, limits)| limits.least);
        for gate in gates.iter_mut().flat_map(BTreeMap::values_mut) {
            *gate = slots;
            slots += 1;
        }
        Self { module, owners, gates, imports: imports.into_iter().map(Vec::from_iter).collect(), slots }
    }

    fn tables(&self) -> Vec<(u8, Limits)> {
        let mut tables = self.module.tables.clone();
        if let Some((_, limits)) = tables.first_mut() {
            limits.least = self.slots;
            limits.most = limits.most.map(|most| most.max(self.slots));
        }
        tables
    }

    fn primary(&self) -> Option<Vec<u8>> {
        let mut primary = b"\0asm\x01\0\0\0".to_vec();
        for &id in &self.module.order {
            let content = *self.module.sections.get(&id)?;
            let content = match id {
                TABLE => {
                    let mut tables = Vec::new();
                    push_number(&mut tables, self.module.tables.len());
                    for (kind, limits) in self.tables() {
                        tables.push(kind);
                        limits.push(&mut tables);
                    }
                    tables
                }
                FUNCTION => self.primary_types(),
                EXPORT => self.exports(content)?,
                CODE => self.primary_code()?,
                _ => content.to_vec(),
            };
            push_section(&mut primary, id, &content);
        }
        self.push_names(&mut primary, self.module.own().zip(self.module.own()));
        Some(primary)
    }

    /// The types of functions; what is unreachable has the first, so that it weighs nothing.
    fn primary_types(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_number(&mut out, self.module.types.len());
        for (function, &kind) in self.module.own().zip(&self.module.types) {
            let is_there = self.owners.of(function).is_none_or(|part| self.gates[part].contains_key(&function));
            push_number(&mut out, if is_there { kind } else { 0 });
        }
        out
    }

    /// The exports, and what parts import.
    fn exports(&self, content: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Bytes(content);
        let count = bytes.number()?;
        let functions: BTreeSet<usize> = self.imports.iter().flatten().copied().collect();
        let mut exports = vec![(MEMORY_KIND, 0)];
        exports.extend((0..self.module.tables.len()).map(|index| (TABLE_KIND, index)));
        exports.extend((0..self.module.globals.len()).map(|index| (GLOBAL_KIND, index)));
        exports.extend(functions.into_iter().map(|index| (FUNCTION_KIND, index)));
        let mut out = Vec::new();
        push_number(&mut out, count + exports.len());
        out.extend_from_slice(bytes.0);
        for (kind, index) in exports {
            push_sized(&mut out, export_name(kind, index).as_bytes());
            out.push(kind);
            push_number(&mut out, index);
        }
        Some(out)
    }

    fn primary_code(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        push_number(&mut out, self.module.bodies.len());
        for (function, body) in self.module.own().zip(&self.module.bodies) {
            match self.owners.of(function) {
                None => push_sized(&mut out, body),
                Some(part) => push_sized(&mut out, &self.gate(function, self.gates[part].get(&function).copied())?),
            }
        }
        Some(out)
    }

    /// What stands in the primary module for a function of a part.
    fn gate(&self, function: usize, slot: Option<usize>) -> Option<Vec<u8>> {
        let Some(slot) = slot else { return Some(vec![0, 0x00, code::END]) };
        let kind = self.module.type_of(function)?;
        let mut body = vec![0];
        for parameter in 0..*self.module.parameters.get(kind)? {
            body.push(0x20);
            push_number(&mut body, parameter);
        }
        push_constant(&mut body, slot);
        body.push(0x11);
        push_number(&mut body, kind);
        body.extend([0, code::END]);
        Some(body)
    }

    fn part(&self, part: usize) -> Option<Vec<u8>> {
        let own: Vec<usize> = self.module.own().filter(|&function| self.owners.of(function) == Some(part)).collect();
        let imports = &self.imports[part];
        let numbers: HashMap<usize, usize> = imports.iter().chain(&own).copied().zip(0..).collect();
        let number = |function: usize| numbers.get(&function).copied();

        let mut types = Vec::new();
        push_number(&mut types, own.len());
        let mut bodies = types.clone();
        for &function in &own {
            push_number(&mut types, self.module.type_of(function)?);
            push_sized(&mut bodies, &renumbered(self.module.bodies[function - self.module.imported], number)?);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        push_section(&mut module, TYPE, self.module.sections.get(&TYPE)?);
        push_section(&mut module, IMPORT, &self.part_imports(imports)?);
        push_section(&mut module, FUNCTION, &types);
        push_section(&mut module, ELEMENT, &self.part_slots(part, number)?);
        push_section(&mut module, CODE, &bodies);
        self.push_names(&mut module, own.iter().copied().zip(imports.len()..));
        Some(module)
    }

    /// The names of functions under the numbers that they have in a module.
    fn push_names(&self, module: &mut Vec<u8>, functions: impl Iterator<Item = (usize, usize)>) {
        let names =
            functions.filter_map(|(function, number)| Some((number, self.module.names.get(&function)?.as_str())));
        push_names(module, names.collect::<Vec<_>>().into_iter());
    }

    fn part_imports(&self, functions: &[usize]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        push_number(&mut out, 1 + self.module.tables.len() + self.module.globals.len() + functions.len());
        let begin = |out: &mut Vec<u8>, kind: u8, index: usize| {
            push_sized(out, PRIMARY);
            push_sized(out, export_name(kind, index).as_bytes());
            out.push(kind);
        };
        begin(&mut out, MEMORY_KIND, 0);
        self.module.memory.push(&mut out);
        for (index, (kind, limits)) in self.tables().into_iter().enumerate() {
            begin(&mut out, TABLE_KIND, index);
            out.push(kind);
            limits.push(&mut out);
        }
        for (index, global) in self.module.globals.iter().enumerate() {
            begin(&mut out, GLOBAL_KIND, index);
            out.extend(global);
        }
        for &function in functions {
            begin(&mut out, FUNCTION_KIND, function);
            push_number(&mut out, self.function_type(function)?);
        }
        Some(out)
    }

    fn function_type(&self, function: usize) -> Option<usize> {
        if let Some(kind) = self.module.type_of(function) {
            return Some(kind);
        }
        let imports = list(Bytes(self.module.sections.get(&IMPORT)?), |bytes| {
            bytes.sized()?;
            bytes.sized()?;
            bytes.byte()?;
            bytes.number()
        })?;
        imports.get(function).copied()
    }

    /// Fills the slots of gates, and those where functions of the part stand in the module as a whole.
    fn part_slots(&self, part: usize, number: impl Fn(usize) -> Option<usize>) -> Option<Vec<u8>> {
        let addressed = self.module.slots.iter().filter(|&(_, &function)| self.owners.of(function) == Some(part));
        let mut filled: BTreeMap<usize, usize> = addressed.map(|(&slot, &function)| (slot, function)).collect();
        filled.extend(self.gates[part].iter().map(|(&function, &slot)| (slot, function)));
        let mut segments: Vec<(usize, Vec<usize>)> = Vec::new();
        for (slot, function) in filled {
            match segments.last_mut() {
                Some((offset, functions)) if *offset + functions.len() == slot => functions.push(number(function)?),
                _ => segments.push((slot, vec![number(function)?])),
            }
        }
        let mut out = Vec::new();
        push_number(&mut out, segments.len());
        for (offset, functions) in segments {
            out.push(0);
            push_constant(&mut out, offset);
            out.push(code::END);
            push_number(&mut out, functions.len());
            for function in functions {
                push_number(&mut out, function);
            }
        }
        Some(out)
    }
}

/// The name under which the primary module gives something to the parts.
fn export_name(kind: u8, index: usize) -> String {
    let letter = match kind {
        FUNCTION_KIND => 'f',
        TABLE_KIND => 't',
        MEMORY_KIND => 'm',
        _ => 'g',
    };
    format!("{letter}{index}")
}

/// Appends `i32.const` of a number that is not negative.
fn push_constant(out: &mut Vec<u8>, value: usize) {
    out.push(0x41);
    push_number(out, value);
    // The number is read with a sign, which is the second bit of its last byte.
    if let Some(last) = out.last_mut()
        && *last & 0x40 != 0
    {
        *last |= 0x80;
        out.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEMS: [&str; 2] = ["apple", "pear"];
    const NAMES: [&str; 8] = [
        "imported",
        "run",
        "_ZN13confvet_apple4read17h0E",
        "_ZN12confvet_pear4read17h0E",
        "_ZN4core4only17h0E",
        "_ZN4core4both17h0E",
        "_ZN4core5table17h0E",
        "_ZN13confvet_apple6detect6detect17h0E",
    ];

    /// A module whose functions of its own, from 1 on, call those named here. 1 is exported, 6 and 7 are in the table.
    fn module(calls: [&[u8]; 7]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        // One type: a parameter of type i32.
        push_section(&mut module, TYPE, &[1, 0x60, 1, 0x7f, 0]);
        push_section(&mut module, IMPORT, &[1, 1, b'a', 1, b'b', FUNCTION_KIND, 0]);
        push_section(&mut module, FUNCTION, &[7, 0, 0, 0, 0, 0, 0, 0]);
        push_section(&mut module, TABLE, &[1, 0x70, 1, 3, 3]);
        push_section(&mut module, MEMORY, &[1, 0, 1]);
        push_section(&mut module, GLOBAL, &[1, 0x7f, 1, 0x41, 0, code::END]);
        push_section(&mut module, EXPORT, &[1, 3, b'r', b'u', b'n', FUNCTION_KIND, 1]);
        push_section(&mut module, ELEMENT, &[1, 0, 0x41, 1, code::END, 2, 6, 7]);
        let mut code = vec![7];
        for calls in calls {
            let calls = calls.iter().flat_map(|&callee| [0x20, 0, code::CALL, callee]);
            push_sized(&mut code, &[vec![0], calls.collect(), vec![code::END]].concat());
        }
        push_section(&mut module, CODE, &code);
        let mut names = vec![NAMES.len() as u8];
        for (index, name) in NAMES.iter().enumerate() {
            names.push(index as u8);
            push_sized(&mut names, name.as_bytes());
        }
        let mut custom = Vec::new();
        push_sized(&mut custom, b"name");
        push_section(&mut custom, 1, &names);
        push_section(&mut module, CUSTOM, &custom);
        module
    }

    fn owners(calls: [&[u8]; 7]) -> Vec<Option<usize>> {
        let module = module(calls);
        let owners = Owners::find(&Module::read(&module).unwrap(), &SYSTEMS).unwrap();
        (1..8).map(|function| owners.of(function)).collect()
    }

    #[test]
    fn functions_belong_to_those_who_reach_them() {
        let calls: [&[u8]; 7] = [&[2, 3], &[4, 5], &[5], &[4], &[], &[], &[]];
        assert_eq!(owners(calls), [None, Some(0), Some(1), Some(0), None, None, None]);
        // Whose address is taken can be called by everybody, unless it calls what is named.
        let calls: [&[u8]; 7] = [&[2, 3], &[], &[], &[], &[], &[3, 4], &[]];
        assert_eq!(owners(calls), [None, Some(0), Some(1), Some(1), None, Some(1), None]);
        // What detecting calls is always there, whatever its name.
        let calls: [&[u8]; 7] = [&[2, 3], &[4], &[], &[], &[], &[], &[2]];
        let module = module(calls);
        assert!(Owners::find(&Module::read(&module).unwrap(), &SYSTEMS).is_err(), "no function of apple is left");
    }

    #[test]
    fn what_is_called_from_outside_has_a_gate_that_the_part_opens() {
        let calls: [&[u8]; 7] = [&[2], &[0, 5], &[4, 5], &[], &[], &[], &[]];
        let Parts { primary, parts } = split(&module(calls), &SYSTEMS).unwrap();
        let content = |module: &[u8], id: u8| {
            sections(module).iter().find(|section| section.id == id).map(|section| section.bytes.to_vec()).unwrap()
        };
        // A slot more than the module had.
        assert_eq!(content(&primary, TABLE), [1, 0x70, 1, 4, 4]);
        let bodies = list(Bytes(&content(&primary, CODE)), |bytes| bytes.sized().map(<[u8]>::to_vec)).unwrap();
        assert_eq!(bodies[1], [0, 0x20, 0, 0x41, 3, 0x11, 0, 0, code::END], "a gate");
        assert_eq!(bodies[2], [0, 0x00, code::END], "nobody calls it");
        assert_eq!(content(&parts[0], ELEMENT), [1, 0, 0x41, 3, code::END, 1, 2]);
        let imports = content(&parts[0], IMPORT);
        for name in ["m0", "t0", "g0", "f0", "f5"] {
            assert!(imports.windows(2).any(|window| window == name.as_bytes()), "{name}");
        }
        // Imports are counted first: 0 and 5 are 0 and 1, the function itself is 2.
        let body = [0, 0x20, 0, code::CALL, 0, 0x20, 0, code::CALL, 1, code::END];
        assert_eq!(content(&parts[0], CODE), [&[1, body.len() as u8], body.as_slice()].concat());
    }

    #[test]
    fn constants_keep_their_sign() {
        let constant = |value| {
            let mut out = Vec::new();
            push_constant(&mut out, value);
            out
        };
        assert_eq!(constant(3), [0x41, 3]);
        assert_eq!(constant(64), [0x41, 0xc0, 0]);
        assert_eq!(constant(1100), [0x41, 0xcc, 0x08]);
    }
}
