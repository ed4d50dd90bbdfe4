//! Turns the tables of keys and of PostgreSQL parameters into static sorted arrays.

use confvet_tables::{Field, Row, Table, TableError, array, text, texts, value, version, write_output};

fn main() -> Result<(), TableError> {
    let keys = Table::read("src/tables/keys.tsv", &["place"])?;
    let mut places: Vec<&str> = keys.rows().map(|row| row.get("place")).collect();
    places.sort_unstable();
    write_output("keys.rs", &texts("PLACES", &places))?;
    let variables = Table::read("src/tables/variables.tsv", &["variable", "kind", "key"])?;
    for (file, name, kind) in
        [("variables.rs", "VARIABLES", "known"), ("ignored_variables.rs", "IGNORED_VARIABLES", "ignored")]
    {
        let rows = variables.rows().filter(|row| row.get("kind") == kind);
        let mut names: Vec<(&str, &str)> = rows.map(|row| (row.get("variable"), row.get("key"))).collect();
        names.sort_unstable();
        let fields = names.into_iter().map(|(name, key)| vec![text("name", name), text("key", key)]);
        write_output(file, &format!("pub(crate) {}", array(name, "Variable", &fields.collect::<Vec<_>>())))?;
    }
    let columns = ["parameter", "type", "unit", "min", "max", "words", "from", "till", "internal", "defaults"];
    Table::read("src/tables/parameters.tsv", &columns)?.write_sorted(
        "parameters.rs",
        "PARAMETERS",
        "Parameter",
        parameter,
    )
}

fn parameter(row: Row<'_>) -> Result<Vec<Field>, String> {
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
    Ok(vec![
        text("name", row.get("parameter")),
        value("shape", "Shape", shape),
        value("from", "Option<Number>", version(row.get("from"))?),
        value("till", "Option<Number>", version(row.get("till"))?),
        value("is_internal", "bool", (row.get("internal") == "yes").to_string()),
        value("defaults", "&[(u16, &str)]", format!("&[{}]", defaults(row.get("defaults"))?)),
    ])
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
