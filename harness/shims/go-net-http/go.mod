// No other module is needed, so the build needs no network.
module shim

go 1.18
