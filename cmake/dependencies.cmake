# What the plugin set links (docs/architecture.md, "Dependencies"). Everything
# comes from Debian packages that scripts/deps.sh installs.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(LibtorrentRasterbar 2.0.8 REQUIRED)

pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SECP256K1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
