// What a ferry brings to friends who ask for it.
#include "messenger/engine_core.hpp"
#include "messenger/ferry.hpp"
#include "messenger/file_keeper.hpp"

#include <algorithm>

namespace tau::messenger {
namespace {

// Parts of one dictionary, and the list that begins with an item, beside blocks.
constexpr std::uint64_t info_parts = std::uint64_t{1} << 32;
constexpr std::uint64_t item_lists = std::uint64_t{2} << 32;

outbound_book::content block_content(info_hash const& torrent, std::uint64_t block) {
    return {torrent.octets, block};
}

outbound_book::content info_content(info_hash const& torrent, std::uint64_t from) {
    return {torrent.octets, info_parts + from};
}

} // namespace

void ferry::on(contact_ptr const& from, wire::want_info const& what) {
    auto const file = m_core.files->offered_to(*from, what.torrent);
    auto const first = info_content(what.torrent, 0);
    if (!file || !m_outbound.begin(from->row.key, first, m_core.now().mono))
        return;
    auto serve_all = [this, torrent = what.torrent, first](contact_ptr const& to,
                                                           result<bytes> const& info) {
        m_outbound.drop(to->row.key, first);
        auto const total = info ? info.value().size() : 0;
        for (std::size_t at = 0; at < total; at += wire::packet_block_bytes) {
            auto const content = info_content(torrent, at);
            auto const part =
                byte_view(info.value()).subspan(at, std::min(wire::packet_block_bytes, total - at));
            if (!m_outbound.begin(to->row.key, content, m_core.now().mono)
                || !serve(*to, content,
                          wire::info_part{torrent, static_cast<std::uint32_t>(total),
                                          static_cast<std::uint32_t>(at), to_bytes(part)}))
                return;
        }
    };
    m_core.files->port()->read_info(*file, m_core.guarded(from, std::move(serve_all)));
}

void ferry::on(contact_ptr const& from, wire::want_blocks const& what) {
    auto const file = m_core.files->offered_to(*from, what.torrent);
    if (!file)
        return;
    m_core.files->on_receiver_has(what.torrent, what.here);
    auto const now = m_core.now().mono;
    for (auto const& run : what.runs) {
        if (run.first + std::uint64_t{run.count} > wire::file_blocks(file->size))
            continue;
        wire::block_run free{run.first, 0}; // blocks of the run that are not under way
        for (std::uint32_t i = 0; i < run.count; ++i) {
            if (m_outbound.begin(from->row.key, block_content(what.torrent, run.first + i), now)) {
                ++free.count;
                continue;
            }
            serve_run(from, *file, free);
            free = {run.first + i + 1, 0};
        }
        serve_run(from, *file, free);
    }
}

void ferry::serve_run(contact_ptr const& to, wire::file_ref const& file, wire::block_run run) {
    if (run.count == 0)
        return;
    auto serve_all = [this, torrent = file.torrent, run](contact_ptr const& who,
                                                         result<bytes> const& octets) {
        bool goes = octets.has_value();
        for (std::uint32_t i = 0; i < run.count; ++i) {
            auto const content = block_content(torrent, run.first + i);
            if (!goes) {
                m_outbound.drop(who->row.key, content);
                continue;
            }
            auto const block = byte_view(octets.value())
                                   .subspan(i * wire::packet_block_bytes, wire::packet_block_bytes);
            goes = serve(*who, content, wire::file_block{torrent, run.first + i, to_bytes(block)});
        }
    };
    m_core.files->port()->read_sealed(file, std::uint64_t{run.first} * wire::packet_block_bytes,
                                      std::size_t{run.count} * wire::packet_block_bytes,
                                      m_core.guarded(to, std::move(serve_all)));
}

void ferry::on(contact_ptr const& from, wire::want_items const& what) {
    auto const& all = what.targets;
    for (std::size_t at = 0; at < all.size(); at += wire::max_packet_items) {
        auto const end = std::min(all.size(), at + wire::max_packet_items);
        serve_items(from, {all.begin() + static_cast<std::ptrdiff_t>(at),
                           all.begin() + static_cast<std::ptrdiff_t>(end)});
    }
}

// Only what belongs to a message of ours to whoever asks.
void ferry::serve_items(contact_ptr const& to, std::vector<target> const& wanted) {
    outbound_book::content const content{wanted.front().octets, item_lists};
    if (!m_outbound.begin(to->row.key, content, m_core.now().mono))
        return;
    m_core.ports.store.read(
        [wanted, peer = to->row.key](store::database& db) -> result<std::vector<bytes>> {
            std::vector<bytes> out;
            for (auto const& one : wanted) {
                auto item = db.item(one);
                if (!item)
                    continue;
                auto const message = db.message(item.value().message);
                if (message && message.value().peer == peer
                    && message.value().direction == store::direction::out)
                    out.push_back(std::move(item.value().value));
            }
            return out;
        },
        m_core.guarded(
            to, [this, content](contact_ptr const& who, result<std::vector<bytes>> values) {
                if (values && !values.value().empty())
                    (void)serve(*who, content, wire::item_values{std::move(values).value()});
                else
                    m_outbound.drop(who->row.key, content);
            }));
}

bool ferry::serve(contact& to, outbound_book::content const& content, wire::packet const& what) {
    auto const id = launch(to, what);
    if (id)
        m_outbound.on_sent(to.row.key, content, *id);
    else
        m_outbound.drop(to.row.key, content);
    return id.has_value();
}

void ferry::on_acknowledged(contact const& by, std::vector<message_id> const& ids) {
    m_outbound.on_acknowledged(by.row.key, ids);
}

} // namespace tau::messenger
