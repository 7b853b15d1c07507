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
    UPDATE=1 cargo test -p closer-flow -p closer-platforms -p closer-inspect -p closer-sandbox

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

# Check, build and try the web chat (Node 20, Chromium)
[working-directory: 'web']
web:
    npm ci
    npm run check
    npm test
    npm run test:browser
    npm run size

# Try the web chat in Chromium on the local stack
[working-directory: 'web']
web-real:
    cargo build
    npm run test:real

# Measure every adapter, a turn of the engine, scripts, and turns of the whole system
bench:
    cargo bench -p closer-platforms --bench adapters
    cargo bench -p closer-flow --bench turn
    cargo bench -p closer-sandbox
    cargo bench -p closer --bench turns

# Two thousand sockets of web chat at once: their memory, and whether each is answered in order
sockets *arguments:
    ulimit -n 8192 && cargo bench -p closer --bench sockets -- {{arguments}}

# Give an adapter whatever bytes for so many seconds (cargo install cargo-fuzz)
[working-directory: 'shared/platforms']
fuzz platform seconds="300":
    mkdir -p fuzz/corpus/{{platform}}
    RUSTC_BOOTSTRAP=1 cargo fuzz run {{platform}} fuzz/corpus/{{platform}} src/{{platform}}/testdata/inbound -- -max_total_time={{seconds}} -max_len=8192

# Build the functions for Lambda (pip install cargo-lambda)
lambda:
    cargo lambda build --locked --release --arm64 $(printf -- '-p %s ' $(ls functions))

# Deploy the template to an emulator of AWS and use it (pip install -r infra/e2e/requirements.txt)
deployed:
    python3 infra/e2e/run.py

# Measure how the functions start, beside `cargo run -- services`
cold:
    cargo build --release $(printf -- '-p %s ' $(ls functions))
    python3 infra/cold_start.py

# Everything that must pass before a change is taken
ci:
    .ci/run
