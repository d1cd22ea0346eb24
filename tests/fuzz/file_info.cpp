#include "wire/sealed_torrent.hpp"

#include <algorithm>
#include <cstdlib>

// The first octet says how many chunks the file has; the rest is its info dictionary. What
// is accepted must be exactly what encodes.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0 || data[0] == 0)
        return 0;
    tau::byte_view const info(data + 1, size - 1);
    tau::wire::file_ref file;
    file.torrent = tau::wire::hash_of_info(info);
    file.size = data[0] * std::uint64_t{tau::wire::file_chunk_bytes};
    auto const pieces = tau::wire::decode_file_info(file, info);
    if (!pieces)
        return 0;
    auto const again = tau::wire::encode_file_info(file.key, file.size, pieces.value());
    if (!again || !std::equal(info.begin(), info.end(), again.value().begin(), again.value().end()))
        std::abort();
    return 0;
}
