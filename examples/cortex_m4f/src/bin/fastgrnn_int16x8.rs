#![no_std]
#![no_main]

cortex_m4f::firmware!(fastgrnn_int16x8);
