//! SQS
