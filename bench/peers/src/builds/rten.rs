use rten::Model;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = Model::load_file("network.onnx")?;
    let (x, h, c) = (model.node_id("x")?, model.node_id("h0")?, model.node_id("c0")?);
    let zeros = |sizes: [usize; 3]| NdTensor::<f32, 3>::zeros(sizes);
    let state = [1, 1, 118];
    let inputs = vec![(x, zeros([1, 1, 10]).into()), (h, zeros(state).into()), (c, zeros(state).into())];
    let outputs = model.run(inputs, &[model.node_id("y")?], None)?;
    println!("{}", outputs.len());
    Ok(())
}
