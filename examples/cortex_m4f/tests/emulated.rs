//! Runs the programs in an emulator and compares what they say with what this machine computes. `run.sh` builds them, and
//! says with `FIRMWARE` where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use cortex_m4f::{Visit, each};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use recurve::Streaming;
use recurve::simd::Level;

/// Nanoseconds of an instruction, by the emulator's `shift`, over those of a tick of the board's timer, at 25 MHz.
const TICKS_PER_INSTRUCTION: f64 = 64.0 / 40.0;
/// `f32` may differ by so much. The plain kernels, which the device runs, give the same bits here.
const TOLERANCE: f32 = 1e-5;

const KIB: u64 = 1024;
/// What the spoken digits in 8 bits may take.
const FLASH: u64 = 64 * KIB;
const RAM: u64 = 32 * KIB;

/// Bytes of the stack that are none of the model's: saved registers, and the program around it.
const FRAMES: u64 = 512;

/// What a network gives here.
struct Expected {
    outputs: Vec<Vec<f32>>,
    weight_bytes: u64,
    state_bytes: u64,
    scratch_bytes: u64,
    macs: usize,
}

#[derive(Default)]
struct Host(BTreeMap<String, Expected>);

impl Visit for Host {
    fn network<M, const N: usize>(&mut self, name: &str, inputs: &'static [[f32; N]])
    where
        M: Streaming<Input = [f32; N]>,
        M::Output: AsRef<[f32]>,
    {
        Level::limit(Level::Scalar);
        let mut network = M::new();
        let outputs = inputs.iter().map(|input| network.step(input).as_ref().to_vec()).collect();
        let expected = Expected {
            outputs,
            weight_bytes: M::WEIGHT_BYTES as u64,
            state_bytes: M::STATE_BYTES as u64,
            scratch_bytes: M::SCRATCH_BYTES as u64,
            macs: M::MACS_PER_STEP,
        };
        self.0.insert(name.to_owned(), expected);
    }
}

/// What a program said.
struct Said {
    outputs: Vec<Vec<f32>>,
    instructions: Vec<f64>,
    state_bytes: u64,
    stack_bytes: u64,
}

impl Said {
    /// In the mean of the steps that are executed.
    fn instructions_of_a_step(&self) -> f64 {
        let most = self.instructions.iter().copied().fold(0.0, f64::max);
        let executed = || self.instructions.iter().filter(|instructions| **instructions > most / 2.0);
        executed().sum::<f64>() / executed().count() as f64
    }
}

/// The sections of a program.
#[derive(Debug, Default)]
struct Sizes {
    /// Bytes of the network's weights.
    weights: u64,
    text: u64,
    rodata: u64,
    data: u64,
    bss: u64,
}

impl Sizes {
    fn flash(&self) -> u64 {
        self.text + self.rodata + self.data
    }
}

/// A Cortex-M4F.
const M4F: &str = "mps2-an386";
/// A Cortex-M3.
const M3: &str = "mps2-an385";

fn firmware(variable: &str) -> Option<PathBuf> {
    let folder = env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: `{variable}` is not set, which `run.sh` does");
    }
    folder
}

fn run(program: &Path) -> Said {
    run_on(M4F, program)
}

fn run_on(machine: &str, program: &Path) -> Said {
    let output = Command::new("qemu-system-arm")
        .args(["-machine", machine, "-icount", "shift=6", "-display", "none", "-monitor", "none"])
        .args(["-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel"])
        .arg(program)
        .output()
        .expect("the emulator");
    assert!(output.status.success(), "{}: {output:?}", program.display());
    let text = String::from_utf8(output.stdout).expect("lines");
    let number = |word: &str| u32::from_str_radix(word, 16).expect("a number in hexadecimal");
    let fact = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("the fact");
        u64::from(number(line.trim()))
    };
    let nothing = fact("nothing ") as f64;
    let steps = text.lines().filter_map(|line| line.strip_prefix("step "));
    let (instructions, outputs) = steps
        .map(|line| {
            let mut numbers = line.split(' ').map(number);
            let ticks = f64::from(numbers.next().expect("ticks"));
            let instructions = (ticks - nothing) / TICKS_PER_INSTRUCTION;
            (instructions, numbers.map(f32::from_bits).collect::<Vec<f32>>())
        })
        .unzip();
    Said { outputs, instructions, state_bytes: fact("state "), stack_bytes: fact("stack ") }
}

fn sizes(program: &Path) -> Sizes {
    let bytes = fs::read(program).expect("a program");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let mut sizes = Sizes::default();
    for section in file.sections() {
        match section.kind() {
            SectionKind::Text => sizes.text += section.size(),
            SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => sizes.rodata += section.size(),
            SectionKind::Data => sizes.data += section.size(),
            SectionKind::UninitializedData => sizes.bss += section.size(),
            // The vector table.
            _ if section.name() == Ok(".vector_table") => sizes.rodata += section.size(),
            _ => {}
        }
    }
    for symbol in file.symbols() {
        let name = symbol.name().unwrap_or_default();
        if name.contains("WEIGHTS") {
            sizes.weights += symbol.size();
        }
        for unwanted in ["panic_fmt", "panicking", "__rust_alloc", "__rdl_alloc", "malloc", "unwind"] {
            assert!(!name.contains(unwanted), "`{}` has `{name}`", program.display());
        }
    }
    sizes
}

#[test]
fn the_device_gives_what_this_machine_gives() {
    let Some(folder) = firmware("FIRMWARE") else {
        return;
    };
    let mut host = Host::default();
    each(&mut host);
    println!(
        "{:<16} {:>9} {:>12} {:>7} {:>8} {:>7} {:>8} {:>6} {:>5} {:>6} {:>7} {:>8}",
        "network",
        "MACs",
        "instructions",
        "a MAC",
        "weights",
        "text",
        "rodata",
        "data",
        "bss",
        "state",
        "stack",
        "scratch"
    );
    for (name, expected) in &host.0 {
        let program = folder.join(name);
        let (said, sizes) = (run(&program), sizes(&program));
        assert_eq!(said.outputs.len(), expected.outputs.len(), "{name}");
        for (step, (device, here)) in said.outputs.iter().zip(&expected.outputs).enumerate() {
            assert_eq!(device.len(), here.len(), "{name}");
            for (device, here) in device.iter().zip(here) {
                assert!((device - here).abs() <= TOLERANCE, "{name}, step {step}: {device}, here {here}");
            }
            if name.ends_with("int8") || name.ends_with("int16x8") {
                let bits =
                    |numbers: &[f32]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<u32>>();
                assert_eq!(bits(device), bits(here), "{name}, step {step}");
            }
        }
        let instructions = said.instructions_of_a_step();
        println!(
            "{name:<16} {:>9} {:>12.0} {:>7.1} {:>8} {:>7} {:>8} {:>6} {:>5} {:>6} {:>7} {:>8}",
            expected.macs,
            instructions,
            instructions / expected.macs as f64,
            expected.weight_bytes,
            sizes.text,
            sizes.rodata,
            sizes.data,
            sizes.bss,
            said.state_bytes,
            said.stack_bytes,
            expected.scratch_bytes,
        );
        // The weights stay where they are, and nothing else takes flash but code and its constants.
        assert!(sizes.data < 64 && sizes.bss < 64, "{name}: {sizes:?}");
        // Filled up to the 64 bytes that they are aligned to.
        assert_eq!(sizes.weights, expected.weight_bytes.next_multiple_of(64), "{name}: {sizes:?}");
        assert_eq!(said.state_bytes, expected.state_bytes, "{name}");
        let ram = expected.state_bytes + expected.scratch_bytes;
        assert!(said.stack_bytes <= ram + FRAMES, "{name}: {} bytes of stack, of {ram}", said.stack_bytes);
    }
}

#[test]
fn spoken_digits_fit_a_small_device() {
    let Some(folder) = firmware("FIRMWARE") else {
        return;
    };
    let program = folder.join("lstm_kp_int8");
    let (said, sizes) = (run(&program), sizes(&program));
    let ram = sizes.data + sizes.bss + said.stack_bytes;
    assert!(sizes.flash() <= FLASH, "{sizes:?}");
    assert!(ram <= RAM, "{ram} bytes of memory");
    println!("lstm_kp_int8: {} bytes of flash with its code, {ram} of memory with its stack", sizes.flash());
}

#[test]
fn skipped_steps_cost_next_to_nothing() {
    let Some(folder) = firmware("FIRMWARE") else {
        return;
    };
    let said = run(&folder.join("gru_window"));
    let most = said.instructions.iter().copied().fold(0.0, f64::max);
    let least = said.instructions.iter().copied().fold(f64::MAX, f64::min);
    assert!(least < most / 50.0, "{least} of {most} instructions");
}

#[test]
fn a_kronecker_product_takes_a_fifth_of_the_instructions() {
    let Some(folder) = firmware("FIRMWARE") else {
        return;
    };
    let [dense, kp] =
        ["lstm", "lstm_kp"].map(|name| run(&folder.join(name)).instructions.iter().sum::<f64>());
    // 5.0 with one compiler, 4.9 with another.
    assert!(dense / kp > 4.8, "{dense} and {kp} instructions");
}

#[test]
fn integers_need_no_floating_point() {
    let Some(folder) = firmware("FIRMWARE_M3") else {
        return;
    };
    let mut host = Host::default();
    each(&mut host);
    println!("{:<16} {:>12} {:>12} {:>7} {:>8}", "on a Cortex-M3", "as f32", "in integers", "fewer", "code");
    for name in ["lstm", "gru", "fastgrnn"] {
        let program = folder.join(format!("{name}_int16x8"));
        let of_floats = folder.join(name);
        let (floats, integers) = (run_on(M3, &of_floats), run_on(M3, &program));
        let bits = |outputs: &[Vec<f32>]| -> Vec<u32> {
            outputs.iter().flatten().map(|number| number.to_bits()).collect()
        };
        let here = &host.0[&format!("{name}_int16x8")];
        assert_eq!(bits(&integers.outputs), bits(&here.outputs), "{name}");
        assert_eq!(integers.state_bytes, here.state_bytes, "{name}");
        let ram = here.state_bytes + here.scratch_bytes;
        assert!(
            integers.stack_bytes <= ram + FRAMES,
            "{name}: {} bytes of stack, of {ram}",
            integers.stack_bytes
        );
        let (floats, integers) = (floats.instructions_of_a_step(), integers.instructions_of_a_step());
        let text = sizes(&program).text;
        println!("{name:<16} {floats:>12.0} {integers:>12.0} {:>6.1}x {text:>8}", floats / integers);
        assert!(computes_with_floats(&of_floats) && !computes_with_floats(&program), "{name}");
    }
}

/// Whether a program has a function that computes with floating-point where no unit does.
fn computes_with_floats(program: &Path) -> bool {
    let bytes = fs::read(program).expect("a program");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let functions =
        ["__aeabi_f", "__aeabi_d", "__aeabi_i2f", "__aeabi_ui2f", "__aeabi_cf", "sf3", "sf2", "sisf", "sfsi"];
    file.symbols().any(|symbol| {
        let name = symbol.name().unwrap_or_default();
        functions.iter().any(|function| name.contains(function))
    })
}
