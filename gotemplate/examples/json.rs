//! Renders a template with Sprig's functions and data from JSON: a file each, or the two built in.
//!
//! ```sh
//! cargo run --example json -- page.tpl data.json
//! ```

use std::error::Error;

use gotemplate::{Functions, Templates, json, sprig};

const TEMPLATE: &str = r#"
{{- define "total" }}{{ $sum := 0.0 }}{{ range . }}{{ $sum = addf $sum (mulf .price .count) }}{{ end }}{{ $sum | printf "%.2f" }}{{ end -}}
Invoice {{ .number | printf "%05.0f" }} for {{ .customer.name | title | quote }}
{{- range $place, $item := .items }}
{{ add1 $place }}. {{ $item.name | trunc 12 | printf "%-12s" }} {{ $item.count }} x {{ $item.price | printf "%6.2f" }}
{{- else }}
nothing bought
{{- end }}
Total: {{ template "total" .items }}
"#;

const DATA: &str = r#"{
  "number": 42,
  "customer": {"name": "ann smith"},
  "items": [{"name": "tea", "price": 2.5, "count": 2}, {"name": "a very long name", "price": 10, "count": 1}]
}"#;

fn rendered(file: &str, template: &[u8], data: &[u8]) -> Result<String, Box<dyn Error>> {
    let mut templates = Templates::new("json", Functions::new(sprig::FUNCTIONS));
    templates.parse(file, template)?;
    Ok(templates.execute(file, json::unmarshal(data)?)?.to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = match arguments.as_slice() {
        [template, data] => rendered(template, &fs_err::read(template)?, &fs_err::read(data)?)?,
        _ => rendered("invoice", TEMPLATE.as_bytes(), DATA.as_bytes())?,
    };
    print!("{text}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invoice_is_what_go_prints() {
        let text = rendered("invoice", TEMPLATE.as_bytes(), DATA.as_bytes()).expect("renders");
        assert_eq!(
            text,
            "Invoice 00042 for \"Ann Smith\"\n1. tea          2 x   2.50\n2. a very long  1 x  10.00\nTotal: 15.00\n"
        );
    }
}
