//! A C program that forks while its model has threads.

use std::fs;
use std::path::Path;
use std::process::Command;

use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

use crate::c_abi::{compiler, succeeds};
use crate::folder;

/// Large enough for several threads: 1.03 MiB in each matrix.
const SIZE: usize = 300;

const SPEC: &str = "\
recurve: 1
name: Forked
weights: forked.safetensors
input: {features: 300}
layers:
  - gru: {name: rnn, hidden_size: 300, reset: after}
output: every
runtime: {threads: 3}
";

/// Children, and one of a child's, compute what their parent did, while another thread of the parent computes too. A child
/// that waits for a thread which is not there is ended by its alarm.
const PROGRAM: &str = r#"
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "forked.h"

enum { STEPS = 3, FORKS = 30, SIZE = 300 };

static float inputs[STEPS][SIZE], expected[STEPS][SIZE];
static volatile int is_over;

static int agrees(void) {
    static Forked model;
    forked_init(&model);
    for (int step = 0; step < STEPS; step++) {
        const float *output = forked_step(&model, inputs[step]);
        if (memcmp(output, expected[step], sizeof expected[step]) != 0) {
            return 0;
        }
    }
    return 1;
}

static int child_agrees(int depth) {
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        _exit(agrees() && agrees() && (depth == 0 || child_agrees(depth - 1)) && agrees() ? 0 : 1);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void *compute(void *nothing) {
    static Forked model;
    forked_init(&model);
    while (!is_over) {
        forked_step(&model, inputs[0]);
    }
    return nothing;
}

int main(void) {
    static Forked model;
    forked_init(&model);
    for (int step = 0; step < STEPS; step++) {
        for (int at = 0; at < SIZE; at++) {
            inputs[step][at] = (float)((step * 31 + at * 17) % 23) / 11.5f - 1.0f;
        }
        memcpy(expected[step], forked_step(&model, inputs[step]), sizeof expected[step]);
    }
    pthread_t thread;
    if (pthread_create(&thread, 0, compute, 0) != 0) {
        return 2;
    }
    int failed = 0;
    for (int at = 0; at < FORKS && !failed; at++) {
        failed = !child_agrees(at % 2);
        if (failed) {
            fprintf(stderr, "child %d failed or did not come to an end\n", at);
        }
    }
    is_over = 1;
    pthread_join(thread, 0);
    return failed || !agrees();
}
"#;

#[test]
fn a_forked_process_computes_what_its_parent_does() {
    let Some(compiler) = compiler() else {
        return;
    };
    let folder = folder("fork");
    let mut bytes = Vec::new();
    for at in 0..3 * SIZE * SIZE {
        bytes.extend((((at * 37 + 11) % 101) as f32 / 1000.0 - 0.05).to_le_bytes());
    }
    let tensor = |shape: Vec<usize>| {
        let length = 4 * shape.iter().product::<usize>();
        TensorView::new(Dtype::F32, shape, &bytes[..length]).expect("a tensor")
    };
    let tensors = ["ih", "hh"].into_iter().flat_map(|part| {
        let weight = (format!("rnn.weight_{part}_l0"), tensor(vec![3 * SIZE, SIZE]));
        [weight, (format!("rnn.bias_{part}_l0"), tensor(vec![3 * SIZE]))]
    });
    let weights = serialize(tensors, None).expect("weights");
    fs::write(folder.join("forked.safetensors"), weights).expect("a file");
    let spec = folder.join("forked.yaml");
    fs::write(&spec, SPEC).expect("a spec");
    let package = folder.join("forked");
    let mut expand = Command::new(env!("CARGO_BIN_EXE_recurve"));
    succeeds(expand.arg("expand").arg(spec).arg("--c-abi").arg("--out-dir").arg(&package));
    let target = folder.join("target");
    let mut build = Command::new(env!("CARGO"));
    let build = build.args(["build", "--quiet"]).arg("--manifest-path").arg(package.join("Cargo.toml"));
    succeeds(build.arg("--target-dir").arg(&target));
    let (source, program) = (folder.join("forked.c"), folder.join("program"));
    fs::write(&source, PROGRAM).expect("a source");
    let mut link = Command::new(compiler);
    link.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pthread", "-I"]).arg(package.join("include"));
    link.arg("-o").arg(&program).arg(&source).arg(Path::new(&target).join("debug/libforked.a"));
    succeeds(link.args(["-lm", "-ldl"]));
    succeeds(&mut Command::new(program));
}
