//! A report as a page that opens without a network.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use plotters::style::RGBColor;

use crate::alternative::{Change, Costs};
use crate::bytes::show;
use crate::device::{Fit, Verdict};
use crate::layer::Layer;
use crate::traffic::Boundary;
use crate::{Report, plot};

const STYLE: &str = include_str!("html.css");

impl Report {
    /// The report as a page in HTML with its drawings, which needs nothing besides.
    pub fn html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.name) " - recurve report" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { (self.name) }
                    (self.headline())
                    (self.layers_section())
                    (self.traffic_section())
                    (self.alternatives_section())
                    (self.devices_section())
                }
            }
        };
        page.into_string()
    }

    fn headline(&self) -> Markup {
        let read = self.total.bytes_per_step as f64;
        let mut facts = vec![
            (show(self.total.flash_bytes as f64), format!("weights, {} parameters", self.total.parameters)),
            (show(self.ram() as f64), "state and stack".to_owned()),
            (self.total.macs.to_string(), "multiply-accumulates a step".to_owned()),
            (show(read), "weights read a step".to_owned()),
            (format!("{:.1}x", self.total.ratio), "smaller than dense f32".to_owned()),
        ];
        if let (Some(step), Some(processor)) = (self.costs.step_ns, &self.processor) {
            facts.push((format!("{:.2} us", step / 1e3), format!("a step, predicted for {processor}")));
        }
        html! {
            div.facts { @for (value, what) in facts { div { b { (value) } span { (what) } } } }
        }
    }

    fn layers_section(&self) -> Markup {
        let most = |of: fn(&Layer) -> f64| self.layers.iter().map(of).fold(1.0, f64::max);
        let (flash, macs) = (most(|it| it.flash_bytes as f64), most(|it| it.macs as f64));
        let (read, state) = (most(|it| it.bytes_per_step as f64), most(|it| it.state_bytes as f64));
        let row = |layer: &Layer, is_total: bool| {
            let bar = |value: f64, most: f64, text: String| {
                if is_total { plain(text) } else { bar(value / most, text) }
            };
            html! {
                tr.total[is_total] {
                    th scope="row" { (layer.title) @if !layer.shape.is_empty() { span.shape { (layer.shape) } } }
                    (plain(layer.parameters.to_string()))
                    (bar(layer.flash_bytes as f64, flash, show(layer.flash_bytes as f64)))
                    (bar(layer.state_bytes as f64, state, show(layer.state_bytes as f64)))
                    (bar(layer.macs as f64, macs, layer.macs.to_string()))
                    (bar(layer.bytes_per_step as f64, read, show(layer.bytes_per_step as f64)))
                    (plain(format!("{:.1}x", layer.ratio)))
                }
            }
        };
        html! {
            section #layers {
                h2 { "Where it goes" }
                div.wide { table {
                    thead { tr {
                        th scope="col" { "layer" }
                        (heads(&["parameters", "weights", "state", "MACs", "read a step", "against f32"]))
                    } }
                    tbody {
                        @for layer in &self.layers { (row(layer, false)) }
                        (row(&self.total, true))
                    }
                } }
                p {
                    "Weights lie in flash or in the program's image. Of the memory, " (show(self.state_bytes as f64))
                    " are the model's value and " (show(self.scratch_bytes as f64)) " the stack of a step."
                }
            }
        }
    }

    fn traffic_section(&self) -> Markup {
        let traffic = &self.traffic;
        let row = |name: &str, boundary: &Boundary| {
            html! { tr {
                th scope="row" { (name) }
                (plain(show(boundary.bytes)))
                (bar(boundary.data_reuse_efficiency, format!("{:.3}", boundary.data_reuse_efficiency)))
            } }
        };
        html! {
            section #traffic {
                h2 { "What crosses the boundary of a cache" }
                div.wide { table {
                    thead { tr { th scope="col" { (traffic.steps) " steps, a cache of " (show(traffic.cache_bytes as f64)) }
                        (heads(&["moves", "data reuse efficiency"])) } }
                    tbody {
                        @if let Some(boundary) = &traffic.by_steps { (row("step by step", boundary)) }
                        (row("in a run", &traffic.run))
                    }
                } }
                p {
                    "At least " (show(traffic.least_bytes)) " have to move: each weight, input and output once, the state there "
                    "and back. The data reuse efficiency is that, over what does move."
                }
                figure {
                    (PreEscaped(plot::traffic(&self.traffic_by_cache)))
                    figcaption { "Bytes that move in a sequence of " (traffic.steps) " steps, by the size of the cache." }
                }
            }
        }
    }

    /// Rows of the table with their numbers: what it is, then every alternative that can be had.
    fn choices(&self) -> Vec<(usize, &str, Option<Change>, &Costs, &'static str)> {
        let others = self.alternatives.iter().filter_map(|it| Some((it, it.costs()?)));
        let others = others.map(|(it, costs)| (it.choice.as_str(), Some(it.change), costs, it.needs.words()));
        let all = std::iter::once(("as it is", None, &self.costs, "")).chain(others);
        all.enumerate()
            .map(|(at, (choice, change, costs, takes))| (at, choice, change, costs, takes))
            .collect()
    }

    fn alternatives_section(&self) -> Markup {
        let choices = self.choices();
        let most =
            |of: fn(&Costs) -> f64| choices.iter().map(|(_, _, _, costs, _)| of(costs)).fold(1.0, f64::max);
        let (flash, macs) = (most(|it| it.flash_bytes as f64), most(|it| it.macs));
        let (ram, read) = (most(|it| it.ram_bytes as f64), most(|it| it.bytes_per_step));
        let points: Vec<(usize, Option<Change>, &Costs)> =
            choices.iter().map(|(at, _, change, costs, _)| (*at, *change, *costs)).collect();
        let now = self.costs.step_ns;
        html! {
            section #alternatives {
                h2 { "What else it could be" }
                div.wide { table {
                    thead { tr {
                        th scope="col" { "" } th scope="col" { "choice" }
                        (heads(&["weights", "memory", "MACs a step", "read a step"]))
                        @if now.is_some() { (heads(&["step us", "faster"])) }
                        th scope="col" { "takes" }
                    } }
                    tbody { @for (at, choice, change, costs, takes) in &choices {
                        tr {
                            td.number style={ "color:" (css(plot::colour(*change))) } { (at) }
                            th scope="row" { code { (choice) } }
                            (bar(costs.flash_bytes as f64 / flash, show(costs.flash_bytes as f64)))
                            (bar(costs.ram_bytes as f64 / ram, show(costs.ram_bytes as f64)))
                            (bar(costs.macs / macs, format!("{:.0}", costs.macs)))
                            (bar(costs.bytes_per_step / read, show(costs.bytes_per_step)))
                            @if let Some(now) = now {
                                (plain(costs.step_ns.map_or("-".into(), |step| format!("{:.2}", step / 1e3))))
                                (plain(costs.step_ns.map_or("-".into(), |step| format!("{:.2}x", now / step))))
                            }
                            td { (takes) }
                        }
                    } }
                } }
                figure {
                    (PreEscaped(plot::alternatives(&points)))
                    figcaption {
                        "Each by its number: " @for (change, name) in [
                            (None, "as it is"),
                            (Some(Change::Precision), "precision"),
                            (Some(Change::Compression), "compression"),
                            (Some(Change::Policy), "policy"),
                        ] { span.key style={ "color:" (css(plot::colour(change))) } { (name) } " " }
                        "- what it costs, not what it loses: " code { "recurve fit --evaluate" } " and " code { "recurve verify" } " say that."
                    }
                }
                @let refused: Vec<_> = self.alternatives.iter().filter_map(|it| Some((&it.choice, it.refusal()?))).collect();
                @if !refused.is_empty() {
                    details { summary { (refused.len()) " are not possible" }
                        ul { @for (choice, why) in refused { li { code { (choice) } ": " (why) } } }
                    }
                }
            }
        }
    }

    fn devices_section(&self) -> Markup {
        html! {
            section #devices {
                h2 { "Where it fits" }
                div.wide { table {
                    thead { tr {
                        th scope="col" { "device" } (heads(&["flash", "memory"])) th scope="col" { "" }
                    } }
                    tbody { @for verdict in &self.devices { (device(verdict)) } }
                } }
                p { "Weights, state and stack; the program around the model comes on top." }
            }
        }
    }
}

fn device(verdict: &Verdict) -> Markup {
    let part =
        |part: f64, of: usize| bar(part.min(1.0), format!("{:.1} % of {}", 100.0 * part, show(of as f64)));
    html! { tr {
        th scope="row" { (verdict.name) }
        @match &verdict.fit {
            Fit::Microcontroller { fits, flash, ram, flash_bytes, ram_bytes } => {
                (part(*flash, *flash_bytes)) (part(*ram, *ram_bytes))
                td.yes[*fits].no[!fits] { @if *fits { "fits" } @else { "does not fit" } }
            },
            Fit::Server { level: Some(level), cache_bytes } => {
                td {} td {}
                td.yes { "weights stay in level " (level) " of the cache, " (show(cache_bytes.map_or(0.0, |it| it as f64))) }
            },
            Fit::Server { level: None, .. } => {
                td {} td {}
                td { "larger than its caches: every step reads the weights from memory" }
            },
        }
    } }
}

/// Titles of columns with numbers.
fn heads(titles: &[&str]) -> Markup {
    html! { @for title in titles { th.value scope="col" { (title) } } }
}

/// A cell with a number.
fn plain(text: String) -> Markup {
    html! { td.value { (text) } }
}

/// A cell with a number, and a bar of this part of the cell.
fn bar(part: f64, text: String) -> Markup {
    let width = format!("--part:{:.1}%", 100.0 * part.clamp(0.0, 1.0));
    html! { td.value.bar style=(width) { (text) } }
}

fn css(colour: RGBColor) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
}
