#![no_std]
#![no_main]

cortex_m4f::firmware!(gru_int16x8);
