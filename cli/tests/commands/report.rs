//! What `recurve report` says.

use crate::Folder;

#[test]
fn a_report_says_what_a_model_costs() {
    let folder = Folder::new("report");
    let said = folder.succeeds(&["report", "lstm.yaml"]);
    for line in [
        "DigitsLstm: 32.2 KiB of weights",
        "precision: int8",
        "skip: {window: {length: 16, budget: 8}}",
        "data reuse efficiency",
        "in a sequence of 32 steps",
        "nRF52840",
    ] {
        assert!(said.contains(line), "`{line}` in {said}");
    }
    let said = folder.succeeds(&["report", "lstm.yaml", "--json", "--steps", "7", "--cache", "16KiB"]);
    let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(report["total"]["flash_bytes"], 33000);
    assert_eq!(report["traffic"]["steps"], 7);
    assert_eq!(report["traffic"]["cache_bytes"], 16384);
    assert!(report["alternatives"].as_array().expect("a list").len() > 15);
    let said = folder.succeeds(&["report", "lstm.yaml", "--html", "report.html"]);
    assert_eq!(said, "");
    assert!(folder.text("report.html").contains("<svg"));
}

#[test]
fn a_report_judges_by_own_devices() {
    let folder = Folder::new("report_targets");
    let own = "targets: 1\nmicrocontrollers:\n  - {name: a thimble, flash: 16 KiB, ram: 1 KiB}\n";
    folder.write("own.yaml", own.as_bytes());
    let said = folder.succeeds(&["report", "lstm.yaml", "--targets", "own.yaml"]);
    assert!(said.contains("a thimble  does not fit") && !said.contains("nRF52840"), "{said}");
    folder.write("own.yaml", own.replace("16 KiB", "16 KB").as_bytes());
    let said = folder.fails(&["report", "lstm.yaml", "--targets", "own.yaml"]);
    assert!(said.contains("found `16 KB`") && said.contains("line 3") && said.contains("help:"), "{said}");
    assert!(
        folder.fails(&["report", "lstm.yaml", "--targets", "none.yaml"]).contains("cannot read `none.yaml`")
    );
}
