//! Compiles the network.

fn main() -> Result<(), recurve_compiler::Error> {
    recurve_compiler::Config::new().compile("../../specs/usps_rows/skip_rnn.yaml")
}
