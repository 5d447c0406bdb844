"""What Kinoform remembers: jobs, their events and leases, and the bytes of assets."""
