#include "messenger/sealed_file.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>

namespace tau::messenger {
namespace {

constexpr std::string_view chunk_label = "tau-file-v1";
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t head_bytes = 16;

static_assert(wire::file_chunk_bytes + tag_bytes == wire::sealed_chunk_bytes);

using chunk_nonce = std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;

chunk_nonce nonce_of(std::uint64_t index) {
    chunk_nonce out{};
    for (std::size_t i = 0; i < sizeof(index); ++i)
        out[i] = static_cast<std::uint8_t>(index >> (8 * (sizeof(index) - 1 - i)));
    return out;
}

} // namespace

error_code seal_chunk(wire::file_key const& key, std::uint64_t index, byte_view plain,
                      std::span<std::uint8_t> sealed) {
    if (plain.size() > wire::file_chunk_bytes)
        return errc::too_large;
    if (sealed.size() != wire::sealed_chunk_bytes)
        return errc::invalid_length;
    std::copy(plain.begin(), plain.end(), sealed.begin());
    std::fill(sealed.begin() + static_cast<std::ptrdiff_t>(plain.size()), sealed.end(),
              std::uint8_t{0});
    auto const nonce = nonce_of(index);
    auto const label = as_bytes(chunk_label);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, sealed.data(),
                                               wire::file_chunk_bytes, label.data(), label.size(),
                                               nullptr, nonce.data(), key.data());
    return {};
}

error_code open_chunk(wire::file_key const& key, std::uint64_t index, byte_view sealed,
                      std::span<std::uint8_t> plain) {
    if (sealed.size() != wire::sealed_chunk_bytes || plain.size() != wire::file_chunk_bytes)
        return errc::invalid_length;
    auto const nonce = nonce_of(index);
    auto const label = as_bytes(chunk_label);
    auto const bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain.data(), nullptr, nullptr, sealed.data(), sealed.size(), label.data(), label.size(),
        nonce.data(), key.data());
    return bad == 0 ? error_code{} : errc::invalid_checksum;
}

struct running_digest::state {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    state() = default;
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    ~state() { EVP_MD_CTX_free(context); }

    void begin(kind which) {
        EVP_DigestInit_ex(context, which == kind::sha1 ? EVP_sha1() : EVP_sha256(), nullptr);
    }
};

running_digest::running_digest(kind which) : m_state(std::make_unique<state>()), m_kind(which) {
    m_state->begin(which);
}

running_digest::~running_digest() = default;
running_digest::running_digest(running_digest&&) noexcept = default;
running_digest& running_digest::operator=(running_digest&&) noexcept = default;

void running_digest::add(byte_view data) {
    EVP_DigestUpdate(m_state->context, data.data(), data.size());
}

bytes running_digest::take() {
    bytes out(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    EVP_DigestFinal_ex(m_state->context, out.data(), &size);
    out.resize(size);
    m_state->begin(m_kind);
    return out;
}

result<file_sealer> file_sealer::of(std::uint64_t size, random_source& random) {
    if (size == 0)
        return errc::invalid_argument;
    if (size > wire::max_file_bytes)
        return errc::too_large;
    wire::file_ref ref;
    ref.key = random.make<wire::file_key>();
    ref.size = size;
    return file_sealer(ref);
}

file_sealer::file_sealer(wire::file_ref ref) : m_ref(ref), m_sealed(wire::sealed_chunk_bytes) {
    m_rest.reserve(wire::file_chunk_bytes);
}

error_code file_sealer::write(byte_view plain, sink const& out) {
    if (plain.size() > m_ref.size - m_written)
        return errc::too_large;
    m_written += plain.size();
    m_whole.add(plain);
    if (m_head.size() < head_bytes) {
        auto const more = plain.first(std::min(plain.size(), head_bytes - m_head.size()));
        m_head.insert(m_head.end(), more.begin(), more.end());
    }
    while (!plain.empty()) {
        if (m_rest.empty() && plain.size() >= wire::file_chunk_bytes) {
            if (auto const ec = end_chunk(plain.first(wire::file_chunk_bytes), out))
                return ec;
            plain = plain.subspan(wire::file_chunk_bytes);
            continue;
        }
        auto const part =
            plain.first(std::min(plain.size(), wire::file_chunk_bytes - m_rest.size()));
        m_rest.insert(m_rest.end(), part.begin(), part.end());
        plain = plain.subspan(part.size());
        if (m_rest.size() < wire::file_chunk_bytes)
            break;
        if (auto const ec = end_chunk(m_rest, out))
            return ec;
        m_rest.clear();
    }
    return {};
}

result<sealed_file> file_sealer::finish(sink const& out) {
    if (m_written != m_ref.size)
        return errc::invalid_argument;
    if (!m_rest.empty())
        if (auto const ec = end_chunk(m_rest, out))
            return ec;
    if (m_in_piece != 0)
        m_pieces.push_back(wire::piece_hash::from(m_piece.take()).value());
    m_ref.sha256 = hash256::from(m_whole.take()).value();
    TAU_TRY(info, wire::encode_file_info(m_ref.key, m_ref.size, m_pieces));
    m_ref.torrent = wire::hash_of_info(info);
    return sealed_file{m_ref, std::move(info), std::move(m_head)};
}

error_code file_sealer::end_chunk(byte_view plain, sink const& out) {
    if (auto const ec = seal_chunk(m_ref.key, m_chunks++, plain, m_sealed))
        return ec;
    m_piece.add(m_sealed);
    m_in_piece += m_sealed.size();
    if (m_in_piece == wire::file_piece_bytes(m_ref.size)) {
        m_pieces.push_back(wire::piece_hash::from(m_piece.take()).value());
        m_in_piece = 0;
    }
    return out(m_sealed);
}

error_code file_check::add(byte_view sealed) {
    if (auto const ec = open_chunk(m_ref.key, m_chunks, sealed, m_plain))
        return ec;
    auto const before = m_chunks * wire::file_chunk_bytes;
    auto const size = std::min<std::uint64_t>(wire::file_chunk_bytes, m_ref.size - before);
    m_whole.add(byte_view(m_plain).first(static_cast<std::size_t>(size)));
    ++m_chunks;
    return {};
}

error_code file_check::finish() {
    if (!is_whole())
        return errc::invalid_argument;
    auto const digest = m_whole.take();
    return std::equal(digest.begin(), digest.end(), m_ref.sha256.begin()) ? error_code{}
                                                                          : errc::invalid_checksum;
}

} // namespace tau::messenger
