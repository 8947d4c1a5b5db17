fn main() -> Result<(), recurve_compiler::Error> {
    recurve_compiler::Config::new().compile("../../specs/digits/fastgrnn.yaml")
}
