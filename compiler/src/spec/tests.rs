use super::reference::{EXAMPLE, example};
use super::table::Shape;
use super::*;
use read::{Map, OneKey};

fn check(text: &str) -> (Option<Spec>, Vec<String>) {
    let mut diagnostics = Diagnostics::new();
    let spec = read(text, &mut diagnostics);
    (spec, diagnostics.iter().map(|found| format!("{}: {}", found.code, found.message)).collect())
}

fn good(text: &str) -> Spec {
    let (spec, found) = check(text);
    assert_eq!(found, [""; 0], "{text}");
    spec.expect("a spec without errors")
}

fn with_layers(layers: &str) -> String {
    format!("recurve: 1\nname: A\nweights: a\ninput: {{features: 8}}\noutput: last\nlayers:\n{layers}")
}

#[test]
fn reads_the_example() {
    let spec = good(EXAMPLE);
    assert_eq!(spec.recurve.value, 1);
    assert_eq!(spec.name.value, "KeywordSpotter");
    assert_eq!(spec.weights[0].value, "kws.safetensors");
    assert_eq!(spec.golden.as_ref().map(|golden| golden.file.value.as_str()), Some("kws.golden.safetensors"));
    assert!(spec.golden.is_some_and(|golden| golden.tolerance.is_none()));
    assert_eq!(spec.convention.map(|convention| convention.value), Some(Convention::Pytorch));
    assert!(spec.ignore.is_empty() && spec.runtime.activations.is_none());
    assert!(matches!(spec.input.kind, InputKind::Features(Spanned { value: 10, .. })));
    assert_eq!(spec.output.map(|output| output.value), Some(Output::Last));
    assert_eq!(spec.target.flash.map(|flash| flash.value), Some(256 << 10));
    assert_eq!(spec.layers.len(), 2);
    let Some(Layer::Linear(linear)) = spec.layers[1].as_ref().map(|layer| &layer.value) else { panic!() };
    assert_eq!((linear.name.as_str(), linear.units.value), ("classifier", 12));
    assert_eq!(linear.activation.map(|activation| activation.value), Some(Activation::Softmax));
}

#[test]
fn places_are_exact() {
    let text = "# é\nrecurve: 1\nname: A\nweights: ['ü', b]\ninput: {tokens: 5}\nlayers:\n\
                - gru: {name: é, hidden_size: 3, reset: before}\noutput: every\n";
    let spec = good(text);
    let at = |span: Span| &text[span.start..span.end];
    assert_eq!(at(spec.name.span), "A");
    assert_eq!(spec.weights.iter().map(|path| at(path.span)).collect::<Vec<_>>(), ["'ü'", "b"]);
    let InputKind::Tokens(tokens) = spec.input.kind else { panic!() };
    assert_eq!(at(tokens.span), "5");
    let layer = spec.layers[0].as_ref().expect("a layer");
    assert_eq!((at(layer.span), at(layer.name().span)), ("gru", "é"));
    let Layer::Gru(gru) = &layer.value else { panic!() };
    assert_eq!((gru.reset.value, at(gru.reset.span)), (Reset::Before, "before"));
}

#[test]
fn reads_all_it_takes() {
    let layers = "  - lstm: {name: '0', hidden_size: 0x10, num_layers: 64, bidirectional: True, \
                  residual: false, forget_bias: -1}\n";
    let spec = good(&with_layers(layers));
    let Some(Layer::Lstm(lstm)) = spec.layers[0].as_ref().map(|layer| &layer.value) else { panic!() };
    assert_eq!((lstm.name.as_str(), lstm.hidden_size.value), ("0", 16));
    assert_eq!(lstm.num_layers.map(|levels| levels.value), Some(64));
    assert_eq!(lstm.bidirectional.map(|both| both.value), Some(true));
    assert_eq!(lstm.residual.map(|residual| residual.value), Some(false));
    assert_eq!(lstm.forget_bias.map(|bias| bias.value), Some(-1.0));
    let ends = "  - rnn: {name: a, hidden_size: 1048576, nonlinearity: relu}\ninput: {tokens: 16777216}\n";
    good(&with_layers(ends).replacen("input: {features: 8}\n", "", 1));
    good(&with_layers(
        "  - linear: {name: a, units: 1}\ntarget: {}\nruntime: {}\ngolden: {file: a, tolerance: 0.1, check: verify}\n",
    ));
}

#[test]
fn a_bad_layer_leaves_its_place_empty() {
    let (spec, found) =
        check(&with_layers("  - lstm: {name: a}\n  - linear: {name: b, units: 2}\n  - gru\n"));
    let layers: Vec<bool> = spec.expect("a spec").layers.iter().map(Option::is_some).collect();
    assert_eq!(layers, [false, true, false]);
    assert_eq!(found.len(), 2);
}

#[test]
fn what_is_left_is_returned() {
    let text = EXAMPLE
        .replace("KeywordSpotter", "keywords")
        .replace("output: last", "output: lost")
        .replace("256 KiB", "lots");
    let (spec, found) = check(&text);
    assert!(spec.is_some_and(|spec| spec.output.is_none() && spec.target.flash.is_none()));
    assert_eq!(found.len(), 3);
}

#[test]
fn says_how_many_unknown_keys_are_left_out() {
    let mut diagnostics = Diagnostics::new();
    let unknown: String = (0..40_000).map(|n| format!("unknown_{n}: {n}\n")).collect();
    read(&(EXAMPLE.to_owned() + &unknown), &mut diagnostics);
    assert_eq!(diagnostics.len(), 16);
    let last = diagnostics.iter().last().expect("an error");
    assert!(last.help.iter().any(|help| help == "39984 more unknown keys follow in this map"));
}

#[test]
fn bounds_the_text() {
    assert_eq!(check(&" ".repeat(LONGEST)).1, ["empty: the spec is empty"]);
    assert_eq!(
        check(&" ".repeat(LONGEST + 1)).1,
        ["too-large: the spec has 1048577 bytes, more than 1048576"]
    );
}

#[test]
fn every_example_of_the_reference_is_right() {
    let layers: Vec<_> = Layer::tables().into_iter().map(|table| table.name).collect();
    let compressions: Vec<_> = Compression::tables().into_iter().map(|table| table.name).collect();
    let skips: Vec<_> = Skip::tables().into_iter().map(|table| table.name).collect();
    let predictors: Vec<_> = PredictorForms::table().keys.iter().map(|key| key.name).collect();
    for table in Spec::table().family() {
        let text = match example(table) {
            keys if table.name == "spec" => {
                keys.replace("spec:\n", "").replace("\n  ", "\n").trim_start().to_owned()
            }
            map if layers.contains(&table.name) => {
                with_layers(&format!("  - {}", map.replace('\n', "\n    ")))
            }
            map if compressions.contains(&table.name) => with_layers(&format!(
                "  - rnn:\n      name: a\n      hidden_size: 8\n      compression:\n        {}",
                map.replace('\n', "\n        ")
            )),
            map if skips.contains(&table.name) => {
                let skip = map.replace('\n', "\n    ");
                with_layers("  - linear: {name: a, units: 1}\n") + "runtime:\n  skip:\n    " + &skip
            }
            map if predictors.contains(&table.name) => {
                let predictor = map.replace('\n', "\n      ");
                with_layers("  - linear: {name: a, units: 1}\n")
                    + "runtime:\n  skip:\n    predictor:\n      "
                    + &predictor
            }
            map if table.name == "dual_module" => {
                let map = map.replace("dual_module:\n", "");
                let item = map.trim_start().replace('\n', "\n    ");
                with_layers("  - linear: {name: a, units: 1}\n") + "runtime:\n  dual_module:\n    - " + &item
            }
            map if table.name == "thresholds" => {
                let map = map.replace('\n', "\n      ");
                let list = "runtime:\n  dual_module:\n    - layer: lstm\n      ";
                with_layers("  - linear: {name: a, units: 1}\n") + list + &map
            }
            map if table.name == "input" => {
                with_layers("  - linear: {name: a, units: 1}\n").replacen("input: {features: 8}\n", &map, 1)
            }
            map => with_layers("  - linear: {name: a, units: 1}\n") + &map,
        };
        good(&text);
    }
}

#[test]
fn on_is_another_name_of_matrices() {
    for key in ["on", "matrices"] {
        let layer = format!("  - lstm: {{name: a, hidden_size: 8, compression: {{kp: {{{key}: both}}}}}}\n");
        let spec = good(&with_layers(&layer));
        let compression = spec.layers[0].as_ref().and_then(|layer| layer.value.compression());
        assert_eq!(compression.map(|compression| compression.value.on()), Some(On::Both), "{key}");
    }
}

#[test]
fn yaml_1_1_reads_every_key_and_word_as_a_text() {
    let is_text = |word: &str| {
        let word = word.to_lowercase();
        !["y", "yes", "n", "no", "on", "off", "true", "false", "null", "~"].contains(&word.as_str())
    };
    let family = || Spec::table().family().into_iter();
    assert!(family().all(|table| is_text(table.name)));
    for key in family().flat_map(|table| table.keys) {
        assert!(is_text(key.name), "{}", key.name);
        if let Shape::Choice(words) = (key.rule)().shape {
            assert!(words.iter().all(|word| is_text(word.text)), "{}", key.name);
        }
    }
}

#[test]
fn keys_that_exclude_each_other_may_be_absent() {
    for table in Spec::table().family() {
        for name in table.groups().flat_map(|group| group.keys) {
            let key = table.key(name).unwrap_or_else(|| panic!("`{}` has no key `{name}`", table.name));
            assert!(!(key.rule)().required, "`{name}` of `{}`", table.name);
        }
    }
}

#[test]
fn defaults_are_what_their_keys_take() {
    for key in Spec::table().family().into_iter().flat_map(|table| table.keys) {
        let rule = (key.rule)();
        if let (Some(default), Shape::Choice(words)) = (key.default, rule.shape) {
            assert!(words.iter().any(|word| word.text == default), "{}", key.name);
        }
        assert!(key.default.is_none() || !rule.required, "{}", key.name);
    }
}
