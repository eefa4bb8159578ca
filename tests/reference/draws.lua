-- Made by draws.py: do not edit.
return {
  [0] = {
    rand = { 0x1.18fe1565f12a8p-1, 0x1.6e2d4cf608733p-1, 0x1.349d66b6e894bp-1, 0x1.16faedb6395f5p-1, 0x1.b1d2904fd0ef6p-2 },
    randn = { -0x1.af7986f57fa88p-1, 0x1.f84cf7f7312a7p+0, 0x1.4420580e99483p+0, -0x1.03023ff42b8a9p-1, 0x1.45c9239ca4b9bp+1 },  -- odd: one is left over
    permutation = { 3, 7, 8, 10, 1, 4, 5, 2, 9, 6 },
    randn_again = { 0x1.14b016ebb3491p+0, 0x1.6a149f95b0667p+0 },  -- the left-over first
    long_rand = { 0x1.0a7c0631f430ap-1, 0x1.87ad5a2bd5f74p-1, 0x1.833348a8218d0p-3, 0x1.80010942f5218p-2, 0x1.cc46f58caa210p-5 },
    long_randn = { -0x1.fc1c8ca9b9fa4p-4, -0x1.37b8c4aeca1d7p-5, -0x1.9ac21d4cdc00cp-1, 0x1.9641dc20bc990p-1, -0x1.6fe25016132a9p-1 },
    long_permutation = { 35476, 60591, 37924, 16452 },
  },
  [1] = {
    rand = { 0x1.ab07d0ffa3c06p-2, 0x1.70ce5f3baf051p-1, 0x1.dfb906661c000p-14, 0x1.3596ab7fe08f4p-2, 0x1.2c8e5a3c7053cp-3 },
    randn = { -0x1.1b1e8fa6f47a2p+0, -0x1.a78e531ed0179p+0, -0x1.2e8623a553924p+1, 0x1.22a5fe22e5972p+0, -0x1.045b09d7b20e9p+0 },  -- odd: one is left over
    permutation = { 9, 4, 6, 10, 1, 7, 2, 8, 5, 3 },
    randn_again = { 0x1.465449a639a98p-1, 0x1.75bf5c82f37c4p-1 },  -- the left-over first
    long_rand = { 0x1.ca09e27510be3p-1, 0x1.040e502463313p-1, 0x1.0bd3a54d9fe24p-2, 0x1.7dfd65b88cf00p-9, 0x1.8594659587344p-2 },
    long_randn = { 0x1.7df215768b9e1p-2, -0x1.9a82b3b8bc81ep+0, -0x1.31f66b8117725p+0, -0x1.e498f3a3e6d66p-1, 0x1.8fcf120cbaf7bp+0 },
    long_permutation = { 49777, 4426, 16033, 56531 },
  },
  [42] = {
    rand = { 0x1.7f8771e5f51ecp-2, 0x1.e6c4068bbd654p-1, 0x1.76c7e8f1e6751p-1, 0x1.32835d6632cb0p-1, 0x1.3f86b37222184p-3 },
    randn = { 0x1.1dbd0020eec47p-2, 0x1.02b121345a26fp+0, -0x1.2968dbd92f5c6p-1, -0x1.0ce30e955a81bp-1, -0x1.248bf0eafe838p-1 },  -- odd: one is left over
    permutation = { 8, 5, 10, 4, 2, 7, 3, 1, 9, 6 },
    randn_again = { -0x1.d92162bdd65e8p-1, 0x1.c6d14d9ad140ep-3 },  -- the left-over first
    long_rand = { 0x1.87a41dc1d26f0p-2, 0x1.eb17920b20342p-2, 0x1.2b1c31e25ff41p-1, 0x1.ca991c27abce9p-1, 0x1.624d5e1144fc2p-2 },
    long_randn = { -0x1.8934374fe24d7p-1, -0x1.e965b6f398e15p+0, -0x1.0a8d21eaf47cfp-1, -0x1.01eb25f850de3p-1, 0x1.984a7d3aa7845p+0 },
    long_permutation = { 47527, 46356, 26372, 2013 },
  },
  [4294967295] = {
    rand = { 0x1.8fe69a3924820p-4, 0x1.d323d824032b1p-1, 0x1.93fc6f61af3f9p-1, 0x1.8f5ca1b151c07p-1, 0x1.25ec7244bbf80p-6 },
    randn = { 0x1.4d051339bc741p-4, 0x1.a3847f39c09c9p-2, 0x1.438a83ff956b5p-2, 0x1.1f0a745bc025bp-5, -0x1.bdce69d4cae60p+0 },  -- odd: one is left over
    permutation = { 4, 6, 3, 7, 9, 2, 8, 1, 5, 10 },
    randn_again = { -0x1.b2ebd1a253e04p-1, 0x1.51a6cbda6d2d9p+0 },  -- the left-over first
    long_rand = { 0x1.2939edffe6863p-1, 0x1.99c9e749f0a3fp-1, 0x1.2490b9105538bp-1, 0x1.ccdb85729af6dp-1, 0x1.66bf1266e9114p-1 },
    long_randn = { 0x1.2129df0d42de8p-1, -0x1.979d7bf241ff2p-4, -0x1.02faeffed5e71p-2, 0x1.c547f5c8ab3b5p-1, 0x1.b754c7057e03cp-1 },
    long_permutation = { 53674, 61302, 4667, 10021 },
  },
}
