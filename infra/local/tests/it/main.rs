//! The whole system on embedded services. One binary, because each links the AWS SDK.

mod world;

mod bad_input;
mod crash;
mod crowd;
mod deliveries;
mod events;
mod late;
mod programs;
