//! Random numbers that spread retries; not for anything that has to be unguessable.

/// A stream of random numbers (xorshift64).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new() -> Self {
        let mut seed = [0; 8];
        // Without randomness retries merely coincide.
        let _ = getrandom::fill(&mut seed);
        Self(u64::from_le_bytes(seed) | 1)
    }

    /// The next number in `0.0..1.0`.
    pub(super) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
    }
}
