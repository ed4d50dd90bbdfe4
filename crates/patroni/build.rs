//! Turns the tables of keys and of PostgreSQL parameters into static sorted arrays.

use confvet_tables::{Row, Table, TableError, version};

fn main() -> Result<(), TableError> {
    let keys = Table::read("src/tables/keys.tsv", &["place"])?;
    keys.write_sorted("keys.rs", "PLACES", "&str", |row| Ok(format!("{:?}", row.get("place"))))?;
    let columns = ["parameter", "type", "unit", "min", "max", "words", "from", "till"];
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
        "Parameter {{ name: {:?}, shape: {shape}, from: {}, till: {} }}",
        row.get("parameter"),
        version(row.get("from"))?,
        version(row.get("till"))?,
    ))
}
