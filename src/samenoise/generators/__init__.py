"""What can be sampled, one file each: a generator says what it needs and draws images from numbered noises."""
