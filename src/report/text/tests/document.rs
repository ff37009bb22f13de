//! The JSON document.

use super::made::with_facts;
use crate::model::*;

#[test]
fn the_document_is_that_of_version_1() {
    let (tree, mut audit) = with_facts();
    audit.findings[0].lowered = Some(Lowered { from: Severity::Error, because: "a guess".into() });
    audit.findings[1].suppressed = Some(Suppression { by: "inline", reason: "known".into(), until: None });
    let text = crate::report::json::render(&audit, &tree);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let keys = |pointer: &str| -> Vec<String> {
        let object = json.pointer(pointer).and_then(serde_json::Value::as_object);
        object.map(|object| object.keys().cloned().collect()).unwrap_or_default()
    };
    let sorted = |names: &str| {
        let mut names: Vec<String> = names.split(' ').map(str::to_owned).collect();
        names.sort();
        names
    };
    let expected = [
        ("", "version tool reference as_of environments facts findings unresolved verdicts summary"),
        ("/tool", "name version"),
        ("/environments/0", "project name role files evidence confidence"),
        ("/environments/1/evidence/0", "path line text"),
        ("/facts/0", "project environment component dimension key value attributes locations"),
        ("/facts/0/attributes/reference", "value certainty reason"),
        ("/facts/0/locations/0", "path line column end_line end_column environment label"),
        (
            "/findings/0",
            "rule severity project component dimension key environments message help part_of lowered items locations fingerprint suppressed",
        ),
        ("/findings/0/lowered", "from because"),
        ("/findings/1/suppressed", "by reason until"),
        ("/unresolved/0", "environment what reason answer_with"),
        ("/summary", "error warning note suppressed"),
    ];
    for (pointer, names) in expected {
        let mut found = keys(pointer);
        found.sort();
        assert_eq!(found, sorted(names), "{pointer}");
    }
    assert_eq!(json["version"], 1);
    assert_eq!(json["summary"], serde_json::json!({"error": 1, "warning": 0, "note": 1, "suppressed": 1}));
    let place = serde_json::json!({"path": "staging.py", "line": 5, "column": 1, "end_line": 5, "end_column": 13, "environment": "staging", "label": "True"});
    assert_eq!(json["findings"][0]["locations"][0], place);
    assert_eq!(json["findings"][2]["part_of"], "debug-enabled-print");
    assert_eq!(json["facts"][4]["attributes"]["value"]["certainty"], "default");
    assert!(!text.contains("abc-123-xyz"));
}
