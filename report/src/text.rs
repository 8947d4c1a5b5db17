//! A report for people on a terminal.

use crate::alternative::{Costs, Needs};
use crate::bytes::show;
use crate::device::{Fit, Verdict};
use crate::layer::Layer;
use crate::traffic::{Boundary, Traffic};
use crate::{Report, column};

impl Report {
    /// The report as text, without colours.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}: {} of weights, {} of memory, {} multiply-accumulates a step\n\n",
            self.name,
            show(self.total.flash_bytes as f64),
            show(self.ram() as f64),
            self.total.macs
        );
        text += &column::lines(&self.layer_rows());
        text += &format!(
            "\nmemory: {} of state, in the model's value; {} of stack\n\n",
            show(self.state_bytes as f64),
            show(self.scratch_bytes as f64)
        );
        text += &traffic(&self.traffic);
        text += "\nwhat else it could be:\n";
        text += &column::lines(&self.alternative_rows());
        text += &self.footnotes();
        text += "\nwhere it fits, with its weights, state and stack; the program around it comes on top:\n";
        text += &column::lines(&self.devices.iter().map(verdict).collect::<Vec<_>>());
        text
    }

    fn layer_rows(&self) -> Vec<Vec<String>> {
        let head = ["layer", "", "parameters", "weights", "", "state", "MACs", "read a step", "against f32"];
        let all = self.total.flash_bytes.max(1) as f64;
        let row = |layer: &Layer| {
            vec![
                layer.title.clone(),
                layer.shape.clone(),
                layer.parameters.to_string(),
                show(layer.flash_bytes as f64),
                format!("{:.0} %", 100.0 * layer.flash_bytes as f64 / all),
                show(layer.state_bytes as f64),
                layer.macs.to_string(),
                show(layer.bytes_per_step as f64),
                format!("{:.1}x", layer.ratio),
            ]
        };
        let head = head.map(str::to_owned).to_vec();
        std::iter::once(head).chain(self.layers.iter().chain([&self.total]).map(row)).collect()
    }

    fn alternative_rows(&self) -> Vec<Vec<String>> {
        let mut head = vec!["", "weights", "memory", "MACs a step", "read a step"];
        if self.costs.step_ns.is_some() {
            head.extend(["step us", "faster"]);
        }
        head.push("takes");
        let mut rows = vec![head.into_iter().map(str::to_owned).collect()];
        rows.push(self.costs_row("as it is", &self.costs, ""));
        for alternative in &self.alternatives {
            if let Some(costs) = alternative.costs() {
                rows.push(self.costs_row(&alternative.choice, costs, alternative.needs.words()));
            }
        }
        rows
    }

    fn costs_row(&self, choice: &str, costs: &Costs, takes: &str) -> Vec<String> {
        let mut row = vec![
            choice.to_owned(),
            show(costs.flash_bytes as f64),
            show(costs.ram_bytes as f64),
            format!("{:.0}", costs.macs),
            show(costs.bytes_per_step),
        ];
        if let Some(now) = self.costs.step_ns {
            let unknown = || "-".to_owned();
            row.push(costs.step_ns.map_or_else(unknown, |step| format!("{:.2}", step / 1e3)));
            row.push(costs.step_ns.map_or_else(unknown, |step| format!("{:.2}x", now / step)));
        }
        row.push(takes.to_owned());
        row
    }

    fn footnotes(&self) -> String {
        let refused = self.alternatives.iter().filter_map(|it| Some((&it.choice, it.refusal()?)));
        let mut text: String =
            refused.map(|(choice, why)| format!("not possible: {choice}: {why}\n")).collect();
        if let Some(processor) = &self.processor {
            text += &format!(
                "times are predicted for {processor}, with weights in the caches that they fit in\n"
            );
        }
        text
    }
}

impl Needs {
    /// What an alternative takes besides the spec, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Needs::Nothing => "",
            Needs::Fit => "recurve fit, better training",
            Needs::Data => "recurve fit --data",
            Needs::Training => "training",
        }
    }
}

fn traffic(traffic: &Traffic) -> String {
    let mut rows = vec![
        ["", "moves", "data reuse efficiency"].map(str::to_owned).to_vec(),
        vec!["at least".into(), show(traffic.least_bytes), String::new()],
    ];
    let row = |name: &str, boundary: &Boundary| {
        vec![name.into(), show(boundary.bytes), format!("{:.3}", boundary.data_reuse_efficiency)]
    };
    rows.extend(traffic.by_steps.iter().map(|boundary| row("step by step", boundary)));
    rows.push(row("in a run", &traffic.run));
    format!(
        "between a cache of {} and the memory behind it, in a sequence of {} steps:\n{}\
         data reuse efficiency: the bytes that have to move, over those that do\n",
        show(traffic.cache_bytes as f64),
        traffic.steps,
        column::lines(&rows)
    )
}

fn verdict(verdict: &Verdict) -> Vec<String> {
    let percent =
        |part: f64| if part < 0.001 { "under 0.1 %".into() } else { format!("{:.1} %", 100.0 * part) };
    let (answer, why) = match &verdict.fit {
        Fit::Microcontroller { fits, flash, ram, flash_bytes, ram_bytes } => (
            if *fits { "fits" } else { "does not fit" },
            format!(
                "{} of {} of flash, {} of {} of memory",
                percent(*flash),
                show(*flash_bytes as f64),
                percent(*ram),
                show(*ram_bytes as f64)
            ),
        ),
        Fit::Server { level: Some(level), cache_bytes } => {
            let bytes = cache_bytes.map_or(0.0, |bytes| bytes as f64);
            ("fits", format!("weights stay in level {level} of the cache, {}", show(bytes)))
        }
        Fit::Server { level: None, .. } => {
            ("fits", "weights are larger than its caches: every step reads them from memory".into())
        }
    };
    vec![verdict.name.clone(), answer.into(), why]
}
