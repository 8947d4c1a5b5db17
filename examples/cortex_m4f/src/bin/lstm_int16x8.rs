#![no_std]
#![no_main]

cortex_m4f::firmware!(lstm_int16x8);
