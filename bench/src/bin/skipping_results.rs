//! Trained networks that skip time steps: what they get right, how many inputs they read, and in what time.
//!
//! Writes `docs/skipping.md`. The data comes from `train/evaluation.py`; no network is trained here.

#[path = "../skipping/data.rs"]
mod data;
#[path = "../skipping/fitted.rs"]
mod fitted;
#[path = "../skipping/goals.rs"]
mod goals;
#[path = "../machine.rs"]
mod machine;
#[path = "../../../cli/programs/rounds.rs"]
mod rounds;
#[path = "../skipping/section.rs"]
mod section;
#[path = "../skipping/table.rs"]
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use data::{Data, Input};
use recurve::simd::Level;
use section::Section;

include!(concat!(env!("OUT_DIR"), "/skipping.rs"));

/// How the section begins that is left out where there are no networks.
const DIGITS: &str = "## Digits, pixel by pixel: GRU 1 -> 110, USPS\n\n2,007 test digits of 256 pixels.\n\n";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or(
        "name the folder with the data: `RECURVE_DATA=... python train/evaluation.py target/data` writes it",
    )?;
    let adding = measured(&folder, "adding", 0.5, adding)?;
    let har = measured(&folder, "har", 0.15, har_skipping)?;
    let usps = measured(&folder, "usps_pixels", 0.5, usps_pixels)?;
    let sst2 = measured(&folder, "sst2", 1.0, sst2)?;
    let imdb = measured(&folder, "imdb", 1.0, imdb)?;
    let goals = [
        goals::adding(&adding),
        goals::ordering(&adding),
        goals::activity(&har),
        goals::predictor("SST-2", &sst2),
        goals::predictor("IMDB", &imdb),
    ];
    let digits = match usps.rows.as_slice() {
        [] => String::new(),
        rows => format!("{DIGITS}{}\n\n", table::accuracy(rows)),
    };
    let machine = format!("{}, {:?}, one thread", machine::processor(), Level::detect());
    let page = include_str!("../skipping/page.md")
        .replace("{machine}", &machine)
        .replace("{goals}", goals.concat().trim_end())
        .replace("{adding}", &table::error(&adding.rows))
        .replace("{har}", &table::accuracy(&har.rows))
        .replace("{usps_pixels}\n\n", &digits)
        .replace("{sst2}", &(table::accuracy(&sst2.rows) + &fitted::tables("sst2")?))
        .replace("{imdb}", &(table::accuracy(&imdb.rows) + &fitted::tables("imdb")?));
    println!("{page}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/skipping.md");
    std::fs::write(&path, page).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

/// The networks of a task; `share` is the share of inputs within which windows are to do their best.
fn measured<I: Input, const OUTPUT: usize>(
    folder: &Path,
    task: &str,
    share: f64,
    networks: fn(&mut Section<I, OUTPUT>),
) -> Result<Section<I, OUTPUT>, String> {
    eprintln!("{task}");
    let (test, training) = (Data::read(folder, task, "test")?, Data::read(folder, task, "train")?);
    let mut section = Section::new(test, training, share);
    networks(&mut section);
    Ok(section)
}
