#include "snapshot.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace tau::tracker_tool {
namespace {

constexpr std::string_view magic = "TAUTRK02";
constexpr std::size_t checksum_size = 32;
// Devices, nodes of the graph, and claims of these, that are copied under one lock. A node has
// as many as a thousand, each a look at another place in memory: part of a millisecond for all.
constexpr graph::node_index nodes_at_once = 500;
constexpr std::size_t claims_at_once = 4096;

// Of a peer, beside its age in ticks.
constexpr unsigned flag_seeder = 0x8000;
constexpr unsigned flag_partial = 0x4000;

// Of a device.
constexpr unsigned flag_accepts = 1;
constexpr unsigned flag_online = 2;
constexpr unsigned flag_has_key = 4;
constexpr unsigned flag_key_revoked = 8;

enum class tag : std::uint8_t { swarm = 'S', peer4 = '4', peer6 = '6', device = 'D', claims = 'C' };

error_code last_error() {
    return errno == ENOSPC || errno == EDQUOT ? errc::disk_full : errc::storage_failed;
}

class file_writer {
public:
    explicit file_writer(std::filesystem::path const& path)
        : m_fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
        crypto_generichash_init(&m_hash, nullptr, 0, checksum_size);
    }
    ~file_writer() {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    file_writer(file_writer&&) = delete;

    template <class Number>
    void number(Number value) {
        auto const raw = reinterpret_cast<std::uint8_t const*>(&value);
        m_buffer.insert(m_buffer.end(), raw, raw + sizeof value);
    }
    void octets(byte_view data) { m_buffer.insert(m_buffer.end(), data.begin(), data.end()); }
    void mark(tag t) { number(static_cast<std::uint8_t>(t)); }

    /// Hands to the file what was gathered; call it without a lock held.
    [[nodiscard]] error_code flush() {
        crypto_generichash_update(&m_hash, m_buffer.data(), m_buffer.size());
        return write_out();
    }
    [[nodiscard]] error_code finish() {
        if (auto const ec = flush())
            return ec;
        m_buffer.resize(checksum_size);
        crypto_generichash_final(&m_hash, m_buffer.data(), checksum_size);
        if (auto const ec = write_out())
            return ec;
        return ::fsync(m_fd) == 0 ? error_code{} : last_error();
    }

private:
    error_code write_out() {
        std::size_t done = 0;
        while (done < m_buffer.size()) {
            auto const n = ::write(m_fd, m_buffer.data() + done, m_buffer.size() - done);
            if (n < 0)
                return last_error();
            done += static_cast<std::size_t>(n);
        }
        m_buffer.clear();
        return {};
    }

    int m_fd;
    crypto_generichash_state m_hash{};
    bytes m_buffer;
};

std::uint32_t seconds(moment now) {
    auto const since_epoch = std::chrono::floor<std::chrono::seconds>(now.mono.time_since_epoch());
    return static_cast<std::uint32_t>(since_epoch.count());
}

error_code write_swarms(file_writer& out, net::tracker_shared_store& store, moment now,
                        snapshot_counts& counts) {
    error_code failed;
    for (std::size_t i = 0; i < net::tracker_shared_store::shard_count && !failed; ++i) {
        store.visit_shard(i, [&](tracker::swarm_store& swarms) {
            swarms.for_each(
                seconds(now),
                [&](info_hash const& hash, std::uint32_t downloaded) {
                    ++counts.swarms;
                    out.mark(tag::swarm);
                    out.octets(hash);
                    out.number(downloaded);
                },
                [&](tracker::peer_address const& peer, tracker::peer_kind kind,
                    std::uint32_t age_s) {
                    ++counts.peers;
                    out.mark(peer.is_v6 ? tag::peer6 : tag::peer4);
                    out.octets({peer.octets.data(), peer.is_v6 ? 18U : 6U});
                    unsigned const flags = kind == tracker::peer_kind::seeder    ? flag_seeder
                                           : kind == tracker::peer_kind::partial ? flag_partial
                                                                                 : 0U;
                    out.number(
                        static_cast<std::uint16_t>(age_s / tracker::seconds_per_tick | flags));
                });
        });
        failed = out.flush();
    }
    return failed;
}

void write_device(file_writer& out, tracker::wallet_registry::device_state const& d) {
    out.mark(tag::device);
    out.octets(d.wallet);
    out.octets(d.id);
    out.number(d.time_ms);
    out.number(d.home);
    auto const where = tracker::peer_address::of(d.where.address(), d.where.port());
    out.number(static_cast<std::uint8_t>(where.is_v6));
    out.octets(where.octets);
    out.number(d.age_s);
    out.number(d.liveness);
    unsigned const flags = (d.accepts ? flag_accepts : 0U) | (d.is_online ? flag_online : 0U)
                           | (d.key ? flag_has_key : 0U)
                           | (d.key && d.key->is_revoked ? flag_key_revoked : 0U);
    out.number(static_cast<std::uint8_t>(flags));
    if (!d.key)
        return;
    out.octets(d.key->key);
    out.number(d.key->issued_ms);
}

// Goes on from `next`; false at the end.
bool write_some_claims(file_writer& out, graph::edge_store const& edges, graph::node_index& next,
                       snapshot_counts& counts) {
    auto const end = edges.end_index();
    auto const stop = std::min(end, next + nodes_at_once);
    for (std::size_t seen = 0; next < stop && seen < claims_at_once; ++next) {
        bool first = true;
        for (auto const& claim : edges.claims_of(next)) {
            ++seen;
            if (!claim.has(graph::claim::mine))
                continue;
            if (std::exchange(first, false)) {
                out.mark(tag::claims);
                out.octets(edges.wallet_of(next));
                out.number(static_cast<std::uint16_t>(edges.own_claims(next)));
            }
            ++counts.claims;
            out.octets(edges.wallet_of(claim.node()));
        }
    }
    return next < end;
}

error_code write_wallets(file_writer& out, net::tracker_shared_store& store, moment now,
                         snapshot_counts& counts) {
    std::size_t next_device = 0;
    while (next_device != tracker::wallet_registry::no_more) {
        store.read_wallets([&](tracker::wallet_registry const& wallets) {
            next_device =
                wallets.for_some_devices(now, next_device, nodes_at_once,
                                         [&](tracker::wallet_registry::device_state const& d) {
                                             ++counts.devices;
                                             write_device(out, d);
                                         });
        });
        if (auto const ec = out.flush())
            return ec;
    }
    graph::node_index next = 0;
    for (bool more = true; more;) {
        more = store.read_wallets([&](tracker::wallet_registry const& wallets) {
            return write_some_claims(out, wallets.edges(), next, counts);
        });
        if (auto const ec = out.flush())
            return ec;
    }
    return {};
}

// Reads numbers and octets; after a read past the end nothing it says counts.
class reader {
public:
    explicit reader(byte_view data) : m_data(data) {}

    byte_view take(std::size_t size) {
        if (m_data.size() < size) {
            m_failed = true;
            m_data = {};
            return {m_zeros.data(), size};
        }
        auto const out = m_data.first(size);
        m_data = m_data.subspan(size);
        return out;
    }
    template <class Number>
    Number number() {
        Number out{};
        std::memcpy(&out, take(sizeof out).data(), sizeof out);
        return out;
    }
    template <class Fixed>
    Fixed fixed() {
        Fixed out;
        std::memcpy(out.data(), take(Fixed::size_bytes).data(), Fixed::size_bytes);
        return out;
    }
    [[nodiscard]] bool is_done() const { return m_data.empty(); }
    [[nodiscard]] bool failed() const { return m_failed; }

private:
    byte_view m_data;
    std::array<std::uint8_t, 64> m_zeros{};
    bool m_failed = false;
};

class restorer {
public:
    restorer(net::tracker_shared_store& store, moment now, std::uint32_t passed_s)
        : m_store(store), m_now(now), m_passed_s(passed_s) {}

    error_code read_all(reader& in) {
        while (!in.is_done()) {
            switch (static_cast<tag>(in.number<std::uint8_t>())) {
            case tag::swarm:
                read_swarm(in);
                break;
            case tag::peer4:
                read_peer(in, false);
                break;
            case tag::peer6:
                read_peer(in, true);
                break;
            case tag::device:
                read_device(in);
                break;
            case tag::claims:
                read_claims(in);
                break;
            default:
                return errc::invalid_encoding;
            }
            if (in.failed())
                return errc::invalid_encoding;
        }
        return {};
    }
    [[nodiscard]] snapshot_counts const& counts() const { return m_counts; }

private:
    void read_swarm(reader& in) {
        m_hash = in.fixed<info_hash>();
        m_downloaded = in.number<std::uint32_t>();
        m_is_restored = false;
    }

    // A swarm comes back with its first peer that is not too old.
    void read_peer(reader& in, bool is_v6) {
        tracker::peer_address peer;
        peer.is_v6 = is_v6;
        auto const octets = in.take(is_v6 ? 18 : 6);
        std::copy(octets.begin(), octets.end(), peer.octets.begin());
        auto const packed = in.number<std::uint16_t>();
        std::uint32_t const age =
            (packed & tracker::tick_mask) * tracker::seconds_per_tick + m_passed_s;
        auto const kind = (packed & flag_seeder) != 0    ? tracker::peer_kind::seeder
                          : (packed & flag_partial) != 0 ? tracker::peer_kind::partial
                                                         : tracker::peer_kind::leecher;
        if (age > m_store.peer_lifetime_s())
            return;
        m_store.with_shard(m_hash, [&](tracker::swarm_store& swarms) {
            if (!std::exchange(m_is_restored, true)) {
                swarms.restore_swarm(m_hash, m_downloaded);
                ++m_counts.swarms;
            }
            swarms.restore_peer(m_hash, peer, kind, age, seconds(m_now));
        });
        ++m_counts.peers;
    }

    void read_device(reader& in) {
        tracker::wallet_registry::device_state d;
        d.wallet = in.fixed<wallet_address>();
        d.id = in.fixed<wire::peer_id>();
        d.time_ms = in.number<std::int64_t>();
        d.home = in.number<std::uint64_t>();
        bool const is_v6 = in.number<std::uint8_t>() != 0;
        auto const where = from_compact(in.take(18).first(is_v6 ? 18 : 6));
        d.where = where ? where.value() : endpoint{};
        d.age_s = in.number<std::uint32_t>() + m_passed_s;
        d.liveness = in.number<std::uint16_t>();
        auto const flags = in.number<std::uint8_t>();
        d.accepts = (flags & flag_accepts) != 0;
        d.is_online = (flags & flag_online) != 0 && d.age_s <= m_store.peer_lifetime_s();
        if ((flags & flag_has_key) != 0) {
            auto& key = d.key.emplace();
            key.key = in.fixed<public_key>();
            key.issued_ms = in.number<std::int64_t>();
            key.is_revoked = (flags & flag_key_revoked) != 0;
        }
        auto const ec = m_store.change_wallets(
            [&](tracker::wallet_registry& wallets) { return wallets.restore_device(d, m_now); });
        m_counts.devices += ec ? 0 : 1;
    }

    void read_claims(reader& in) {
        auto const from = in.fixed<wallet_address>();
        auto const count = in.number<std::uint16_t>();
        m_targets.clear();
        for (unsigned i = 0; i < count && !in.failed(); ++i)
            m_targets.push_back(in.fixed<wallet_address>());
        m_counts.claims += m_store.change_wallets([&](tracker::wallet_registry& wallets) {
            return wallets.restore_claims(from, m_targets, m_now);
        });
    }

    net::tracker_shared_store& m_store;
    moment m_now;
    std::uint32_t m_passed_s;
    snapshot_counts m_counts;
    std::vector<wallet_address> m_targets;
    info_hash m_hash;
    std::uint32_t m_downloaded = 0;
    bool m_is_restored = false;
};

// A file seen as memory; empty if it cannot be opened.
class mapped_file {
public:
    explicit mapped_file(std::filesystem::path const& path) {
        int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat status {};
        if (fd >= 0 && ::fstat(fd, &status) == 0 && status.st_size > 0) {
            auto const size = static_cast<std::size_t>(status.st_size);
            void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
            if (at != MAP_FAILED)
                m_data = {static_cast<std::uint8_t const*>(at), size};
        }
        if (fd >= 0)
            ::close(fd);
    }
    ~mapped_file() {
        if (!m_data.empty())
            ::munmap(const_cast<std::uint8_t*>(m_data.data()), m_data.size());
    }
    mapped_file(mapped_file&&) = delete;
    [[nodiscard]] byte_view data() const { return m_data; }

private:
    byte_view m_data;
};

} // namespace

result<snapshot_counts> write_snapshot(std::filesystem::path const& file,
                                       net::tracker_shared_store& store, moment now) {
    auto const fresh = file.string() + ".new";
    snapshot_counts counts;
    {
        file_writer out(fresh);
        out.octets(as_bytes(magic));
        out.number(static_cast<std::int64_t>(now.wall.time_since_epoch().count()));
        auto ec = write_swarms(out, store, now, counts);
        if (!ec)
            ec = write_wallets(out, store, now, counts);
        if (!ec)
            ec = out.finish();
        if (ec) {
            ::unlink(fresh.c_str());
            return ec;
        }
    }
    if (std::rename(fresh.c_str(), file.c_str()) != 0)
        return last_error();
    return counts;
}

result<snapshot_counts> read_snapshot(std::filesystem::path const& file,
                                      net::tracker_shared_store& store, moment now) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return errc::not_found;
    mapped_file const mapped(file);
    return restore_snapshot(mapped.data(), store, now);
}

result<snapshot_counts> restore_snapshot(byte_view data, net::tracker_shared_store& store,
                                         moment now) {
    if (data.size() < magic.size() + sizeof(std::int64_t) + checksum_size)
        return errc::invalid_encoding;
    if (as_text(data.first(magic.size())) != magic)
        return errc::unsupported_version;
    auto const body = data.first(data.size() - checksum_size);
    std::array<std::uint8_t, checksum_size> checksum{};
    crypto_generichash(checksum.data(), checksum.size(), body.data(), body.size(), nullptr, 0);
    if (!std::equal(checksum.begin(), checksum.end(), data.end() - checksum_size))
        return errc::invalid_checksum;
    reader in(body.subspan(magic.size()));
    auto const written_ms = in.number<std::int64_t>();
    auto const passed_ms = now.wall.time_since_epoch().count() - written_ms;
    // A clock that was set back must not make old peers young, nor overflow.
    auto const passed_s = std::clamp<std::int64_t>(passed_ms / 1000, 0, 1'000'000);
    restorer to(store, now, static_cast<std::uint32_t>(passed_s));
    if (auto const ec = to.read_all(in))
        return ec;
    return to.counts();
}

} // namespace tau::tracker_tool
