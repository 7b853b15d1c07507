//! Chance, from the seed of the run: SHA-256 of the seed and a count, block after block.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::{Ctx, Object, Result};
use sha2::{Digest, Sha256};

use super::{Bytes, put, range_error};
use crate::limits;

struct Chance {
    seed: [u8; 32],
    count: u64,
    block: [u8; 32],
    used: usize,
}

pub(super) fn put_all<'js>(native: &Object<'js>, seed: [u8; 32]) -> Result<()> {
    let chance = Rc::new(RefCell::new(Chance { seed, count: 0, block: [0; 32], used: 32 }));
    put(native, "random", {
        let chance = Rc::clone(&chance);
        move || {
            let mut bytes = [0; 8];
            chance.borrow_mut().fill(&mut bytes);
            #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
            let number = (u64::from_le_bytes(bytes) >> 11) as f64;
            number / (1_u64 << 53) as f64
        }
    })?;
    put(native, "bytes", move |ctx: Ctx<'js>, size: usize| {
        if size > limits::RANDOM_BYTES {
            return Err(range_error(&ctx, "more than 65536 random bytes at once"));
        }
        let mut bytes = vec![0; size];
        chance.borrow_mut().fill(&mut bytes);
        Bytes::new_copy(ctx, bytes)
    })
}

impl Chance {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.used == self.block.len() {
                let digest = Sha256::new().chain_update(self.seed).chain_update(self.count.to_le_bytes());
                self.block = digest.finalize().into();
                self.count += 1;
                self.used = 0;
            }
            *byte = self.block[self.used];
            // Who reads the memory later learns nothing of keys.
            self.block[self.used] = 0;
            self.used += 1;
        }
    }
}
