# `just` lists what can be done here.
[private]
default:
    @just --list --unsorted

# Start the local stack and its page
dev *arguments:
    cargo run -- {{arguments}}

# Run every test
test *arguments:
    cargo test --workspace {{arguments}}

# Rewrite what the tests expect; read the diff afterwards
update:
    UPDATE=1 cargo test -p closer-flow -p closer-platforms

# Check format and lints
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Format the code
fmt:
    cargo fmt --all

# Run the recorded requests of the messengers
fixtures folder="shared/platforms/src":
    cargo run -- fixtures {{folder}}

# Hold the scripted conversations with the sample bots
talk *scripts="bots/*.script.json":
    cargo run -- talk --script {{scripts}}

# Measure a turn of the engine, and turns of the whole system
bench:
    cargo bench -p closer-flow --bench turn
    cargo bench -p closer --bench turns

# Everything that must pass before a change is taken
ci:
    .ci/run
