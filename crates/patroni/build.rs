//! Turns the tables of keys and of PostgreSQL parameters into static sorted arrays.

use confvet_tables::{Row, Table, TableError, version};

fn main() -> Result<(), TableError> {
    let keys = Table::read("src/tables/keys.tsv", &["place"])?;
    keys.write_sorted("keys.rs", "PLACES", "&str", |row| Ok(format!("{:?}", row.get("place"))))?;
    let variables = Table::read("src/tables/variables.tsv", &["variable", "kind", "key"])?;
    for (file, name, kind) in
        [("variables.rs", "VARIABLES", "known"), ("ignored_variables.rs", "IGNORED_VARIABLES", "ignored")]
    {
        let rows = variables.rows().filter(|row| row.get("kind") == kind);
        let mut names: Vec<(&str, &str)> = rows.map(|row| (row.get("variable"), row.get("key"))).collect();
        names.sort_unstable();
        confvet_tables::write_output(file, &format!("pub(crate) static {name}: &[(&str, &str)] = &{names:?};\n"))?;
    }
    let columns = ["parameter", "type", "unit", "min", "max", "words", "from", "till", "internal", "defaults"];
    Table::read("src/tables/parameters.tsv", &columns)?.write_sorted(
        "parameters.rs",
        "PARAMETERS",
        "Parameter",
        parameter,
    )
}

fn parameter(row: Row<'_>) -> Result<String, String> {
    let words: Vec<String> =
        row.get("words").split('|').filter(|word| !word.is_empty()).map(|word| format!("{word:?}")).collect();
    let bound = |cell: &str| match cell {
        "" => Ok("None".to_owned()),
        number => number.parse::<f64>().map(|number| format!("Some({number:?})")).map_err(|_| format!("`{number}`")),
    };
    let shape = match row.get("type") {
        "Bool" => "Shape::Bool".to_owned(),
        "String" => "Shape::Text".to_owned(),
        "Integer" => {
            format!("Shape::Integer({:?}, {}, {})", row.get("unit"), bound(row.get("min"))?, bound(row.get("max"))?)
        }
        "Real" => format!("Shape::Real({:?}, {}, {})", row.get("unit"), bound(row.get("min"))?, bound(row.get("max"))?),
        "Enum" => format!("Shape::Enum(&[{}])", words.join(", ")),
        "EnumBool" => format!("Shape::EnumBool(&[{}])", words.join(", ")),
        other => return Err(format!("`{other}` is no type")),
    };
    Ok(format!(
        "Parameter {{ name: {:?}, shape: {shape}, from: {}, till: {}, is_internal: {}, defaults: &[{}] }}",
        row.get("parameter"),
        version(row.get("from"))?,
        version(row.get("till"))?,
        row.get("internal") == "yes",
        defaults(row.get("defaults"))?,
    ))
}

/// `12:1024 15:16384`: the default from a major version on.
fn defaults(cell: &str) -> Result<String, String> {
    let mut written = Vec::new();
    for part in cell.split(' ').filter(|part| !part.is_empty()) {
        let Some((major, value)) = part.split_once(':') else {
            // A value with a blank in it goes on.
            let Some(last) = written.last_mut() else { return Err(format!("`{cell}` starts with no version")) };
            let (_, text): &mut (u16, String) = last;
            text.push(' ');
            text.push_str(part);
            continue;
        };
        match major.parse::<u16>() {
            Ok(major) => written.push((major, value.to_owned())),
            Err(_) => return Err(format!("`{major}` is no major version")),
        }
    }
    Ok(written.iter().map(|(major, value)| format!("({major}, {value:?})")).collect::<Vec<_>>().join(", "))
}
