//! The reports as curves over time.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::{HarSkippingWindow, Report};

/// A curve: its name, its colour, and what it shows, in 0..=1.
type Curve = (&'static str, RGBColor, fn(&Report) -> f64);

const CURVES: [[Curve; 3]; 2] = [
    [
        ("battery", GREEN, |report| report.charge),
        ("load", RED, |report| report.load),
        ("budget", BLACK, |report| report.budget as f64 / HarSkippingWindow::WINDOW as f64),
    ],
    [
        ("agreement with the full network", BLUE, |report| report.agreement),
        ("accuracy", MAGENTA, |report| report.accuracy.unwrap_or(f64::NAN)),
        ("MACs", BLACK, |report| report.macs),
    ],
];

pub(crate) fn draw(path: &Path, reports: &[Report]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, (900, 600)).into_drawing_area();
    root.fill(&WHITE)?;
    let minutes = reports.last().map_or(0.0, |report| report.minute);
    for (area, curves) in root.split_evenly((2, 1)).iter().zip(CURVES) {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(32)
            .y_label_area_size(48)
            .build_cartesian_2d(0.0..minutes, 0.0..1.0)?;
        chart
            .configure_mesh()
            .x_desc("minutes")
            .y_label_formatter(&|y| format!("{:.0} %", y * 100.0))
            .draw()?;
        for (name, colour, value) in curves {
            let points = reports.iter().map(|report| (report.minute, value(report)));
            let line = LineSeries::new(points.filter(|(_, y)| y.is_finite()), colour.stroke_width(2));
            chart
                .draw_series(line)?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
    }
    Ok(root.present()?)
}
