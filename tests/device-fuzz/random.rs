// SPDX-License-Identifier: GPL-2.0

//! Numbers that follow from a few numbers: SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.

pub struct Random(u64);

impl Random {
    /// The same `parts`, the same numbers.
    pub fn of(parts: &[u64]) -> Self {
        let mut random = Self(0x6c75_6e61_7469_6b00);
        for &part in parts {
            random.0 ^= part;
            random.0 = random.next();
        }
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Of 0 to `bound` - 1.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Of as many things as there are weights, one, the more often the heavier it is.
    pub fn weighted<T: Copy>(&mut self, of: &[(usize, T)]) -> T {
        let mut left = self.below(of.iter().map(|(weight, _)| weight).sum());
        for &(weight, thing) in of {
            if left < weight {
                return thing;
            }
            left -= weight;
        }
        unreachable!("less than the sum")
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next() as u8;
        }
    }
}
