#pragma once

#include "core/random.hpp"
#include "wire/sealed_torrent.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace tau::messenger {

/// Encrypts one chunk for its place in the file; `sealed` takes sealed_chunk_bytes. A short
/// last chunk is filled up with zeros. errc::too_large above file_chunk_bytes.
///
/// Source: docs/wire/messages.md, "Sealed files". Threading: any.
[[nodiscard]] error_code seal_chunk(wire::file_key const& key, std::uint64_t index, byte_view plain,
                                    std::span<std::uint8_t> sealed);
/// `plain` takes file_chunk_bytes. errc::invalid_length, or errc::invalid_checksum if it was
/// made for another place, another key, or is not (all) here.
[[nodiscard]] error_code open_chunk(wire::file_key const& key, std::uint64_t index,
                                    byte_view sealed, std::span<std::uint8_t> plain);

/// A SHA-1 or SHA-256 that is fed in parts.
class running_digest {
public:
    enum class kind { sha1, sha256 };
    explicit running_digest(kind which);
    ~running_digest();
    running_digest(running_digest&&) noexcept;
    running_digest& operator=(running_digest&&) noexcept;

    void add(byte_view data);
    /// Takes the digest, 20 or 32 octets, and begins anew.
    [[nodiscard]] bytes take();

private:
    struct state;
    std::unique_ptr<state> m_state;
    kind m_kind;
};

/// What a file became: the reference for the message, and the torrent's info dictionary.
struct sealed_file {
    wire::file_ref ref;
    bytes info;
    bytes head; ///< the first octets of the file, by which its kind is known
};

/// Seals a file as it streams in, in constant memory but for 20 octets a piece. The size is
/// said before, because it decides how long pieces are.
///
/// Threading: one thread at a time.
/// Errors:    errc::too_large beyond the size that was said, errc::invalid_argument for
///            another one at the end; what the sink says. Then only destruction is of use.
class file_sealer {
public:
    using sink = std::function<error_code(byte_view sealed)>;

    /// errc::invalid_argument for no octets, errc::too_large above max_file_bytes.
    [[nodiscard]] static result<file_sealer> of(std::uint64_t size, random_source& random);

    [[nodiscard]] wire::file_key const& key() const { return m_ref.key; }
    [[nodiscard]] std::uint64_t size() const { return m_ref.size; }
    [[nodiscard]] std::uint64_t written() const { return m_written; }

    /// Hands whole sealed chunks to `out`, in order.
    [[nodiscard]] error_code write(byte_view plain, sink const& out);
    [[nodiscard]] result<sealed_file> finish(sink const& out);

private:
    explicit file_sealer(wire::file_ref ref);
    [[nodiscard]] error_code end_chunk(byte_view plain, sink const& out);

    wire::file_ref m_ref;
    std::uint64_t m_written = 0;
    std::uint64_t m_chunks = 0;
    std::uint64_t m_in_piece = 0;
    bytes m_rest;
    bytes m_sealed;
    bytes m_head;
    std::vector<wire::piece_hash> m_pieces;
    running_digest m_whole{running_digest::kind::sha256};
    running_digest m_piece{running_digest::kind::sha1};
};

/// Checks a sealed file as its chunks come, from the first to the last.
/// Threading: one thread at a time.
class file_check {
public:
    explicit file_check(wire::file_ref ref) : m_ref(ref), m_plain(wire::file_chunk_bytes) {}

    [[nodiscard]] std::uint64_t chunks() const { return m_chunks; } ///< checked so far
    [[nodiscard]] bool is_whole() const { return m_chunks == wire::file_chunks(m_ref.size); }
    /// The next chunk. errc::invalid_checksum leaves everything as it was.
    [[nodiscard]] error_code add(byte_view sealed);
    /// errc::invalid_checksum unless the file is the one that the sender signed.
    [[nodiscard]] error_code finish();

private:
    wire::file_ref m_ref;
    std::uint64_t m_chunks = 0;
    bytes m_plain;
    running_digest m_whole{running_digest::kind::sha256};
};

} // namespace tau::messenger
