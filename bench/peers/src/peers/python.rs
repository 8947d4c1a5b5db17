//! Peers of Python, where they are installed: a child process that measures itself.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::{Peer, Task};
use crate::onnx::{self, Names};
use crate::shapes::{Cell, Shape};
use crate::{Fault, weights};

pub struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Whether it has the inputs that are timed.
    has_inputs: bool,
}

/// The interpreter: what `PYTHON` says, or `python3`.
pub fn interpreter() -> String {
    std::env::var("PYTHON").unwrap_or_else(|_| "python3".into())
}

/// The program that it runs.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("python.py")
}

/// What writes a LiteRT file.
fn converter() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("litert.py")
}

/// What the program needs to know of a network: its file, unless that is the one of the weights, is written beside those.
pub fn description(library: &str, shape: &Shape, task: Task) -> Result<Value, Fault> {
    let weights = weights::path(shape);
    let file = |end: &str| weights.with_extension(format!("{}.{end}", task.steps()));
    let (onnx, litert) = (file("onnx"), file("tflite"));
    let names = Names::of(shape);
    let description = json!({
        "library": library,
        "onnx": onnx,
        "litert": litert,
        "weights": weights,
        "cell": match shape.cell { Cell::Lstm => "lstm", Cell::Gru => "gru" },
        "input": shape.input,
        "hidden": shape.hidden,
        "levels": shape.levels,
        "directions": shape.directions(),
        "steps": task.steps(),
        "states": names.states,
        "classes": shape.classes,
    });
    match library {
        "onnxruntime" => std::fs::write(&onnx, onnx::model(shape, task.steps())?)?,
        "ai_edge_litert" if !is_newer(&litert, &weights) => {
            let mut command = Command::new(interpreter());
            let output = command.arg(converter()).arg(description.to_string()).output()?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(said.lines().last().unwrap_or("it was not converted").into());
            }
        }
        _ => {}
    }
    Ok(description)
}

/// Whether `file` is there and was written after `other`.
fn is_newer(file: &Path, other: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|it| it.modified()).ok();
    modified(file).is_some_and(|written| modified(other).is_some_and(|other| other < written))
}

impl Python {
    pub fn new(library: &str, shape: &Shape, task: Task) -> Result<Self, Fault> {
        let mut child = Command::new(interpreter())
            .arg(program())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("`{}`: {error}", interpreter()))?;
        let (requests, answers) = (child.stdin.take().ok_or("a pipe")?, child.stdout.take().ok_or("a pipe")?);
        let mut python = Python { child, requests, answers: BufReader::new(answers), has_inputs: false };
        python.ask(&json!({"do": "load", "network": description(library, shape, task)?}))?;
        Ok(python)
    }

    fn ask(&mut self, request: &Value) -> Result<Value, Fault> {
        writeln!(self.requests, "{request}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line).map_err(|_| "it ended without an answer")?;
        match answer["error"].as_str() {
            Some(error) => Err(error.into()),
            None => Ok(answer),
        }
    }

    fn numbers(answer: &Value) -> Vec<f32> {
        let numbers = answer["output"].as_array().into_iter().flatten();
        numbers.map(|number| number.as_f64().unwrap_or(f64::NAN) as f32).collect()
    }

    fn seconds(&mut self, what: &str, inputs: Value, times: usize) -> Result<f64, Fault> {
        let mut request = json!({"do": what, "times": times});
        if !self.has_inputs {
            request["inputs"] = inputs;
            self.has_inputs = true;
        }
        self.ask(&request)?["seconds"].as_f64().ok_or_else(|| "no time".into())
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer for Python {
    fn step(&mut self, input: &[f32]) -> Result<Vec<f32>, Fault> {
        Ok(Python::numbers(&self.ask(&json!({"do": "step", "inputs": [input]}))?))
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.ask(&json!({"do": "reset"})).map(|_| ())
    }

    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        Ok(Python::numbers(&self.ask(&json!({"do": "run", "inputs": inputs}))?))
    }

    fn time_steps(&mut self, inputs: &[Vec<f32>], times: usize) -> Result<f64, Fault> {
        self.seconds("time steps", json!(inputs), times)
    }

    fn time_runs(&mut self, inputs: &[f32], times: usize) -> Result<f64, Fault> {
        self.seconds("time runs", json!(inputs), times)
    }
}
