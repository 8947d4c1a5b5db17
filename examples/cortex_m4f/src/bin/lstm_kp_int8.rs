#![no_std]
#![no_main]

cortex_m4f::firmware!(lstm_kp_int8);
