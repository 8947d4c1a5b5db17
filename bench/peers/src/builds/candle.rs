use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_nn::rnn::{LSTM, LSTMConfig, RNN};

fn main() -> Result<()> {
    let file = std::fs::read("Lstm10To118.safetensors")?;
    let tensors = VarBuilder::from_buffered_safetensors(file, DType::F32, &Device::Cpu)?.pp("rnn");
    let network = LSTM::new(10, 118, LSTMConfig::default(), tensors)?;
    let state = network.step(&Tensor::zeros((1, 10), DType::F32, &Device::Cpu)?, &network.zero_state(1)?)?;
    println!("{}", state.h());
    Ok(())
}
