use tract_onnx::prelude::*;

fn main() -> TractResult<()> {
    let model = tract_onnx::onnx().model_for_path("network.onnx")?.into_optimized()?.into_runnable()?;
    let zeros = |sizes: &[usize]| Tensor::zero::<f32>(sizes).map(TValue::from);
    let state = [1, 1, 118];
    let outputs = model.run(tvec!(zeros(&[1, 1, 10])?, zeros(&state)?, zeros(&state)?))?;
    println!("{:?}", outputs[0]);
    Ok(())
}
