#include "messenger/ferry.hpp"

#include "identity/keccak.hpp"
#include "messenger/attachment_keeper.hpp"
#include "messenger/engine_core.hpp"
#include "messenger/ferry_pace.hpp"
#include "messenger/file_keeper.hpp"
#include "messenger/hauler.hpp"
#include "messenger/packet_seal.hpp"

#include <algorithm>

namespace tau::messenger {
namespace {

std::uint64_t blocks_in_piece(wire::file_ref const& file) {
    return wire::file_piece_bytes(file.size) / wire::packet_block_bytes;
}

} // namespace

struct ferry::crossing {
    /// A piece that is being put together.
    struct piece {
        bytes octets;
        std::uint64_t first = 0; ///< its first block
        std::set<std::uint64_t> left{};
    };

    std::weak_ptr<contact> from;
    wire::file_ref file;
    std::map<std::uint32_t, piece> pieces{};
    std::map<std::uint32_t, time_point> handed_over{}; ///< pieces that the port checks
    std::map<std::uint64_t, time_point> asked{};
    bytes info{};
    std::set<std::uint32_t> info_left{};
    std::optional<time_point> info_asked{};
    ferry_pace pace{};
    std::chrono::seconds patience{patience_min};
    time_point came{};       ///< when something came last
    bool is_cut_off = false; ///< no way leads to its sender

    /// Whatever was asked for is asked for again at once.
    void begin_anew() {
        asked.clear();
        info_asked.reset();
        patience = patience_min;
    }
    alarm_queue::id alarm = 0;
};

ferry::~ferry() = default;

ferry::crossing_ptr ferry::find(contact const& from, info_hash const& torrent) const {
    auto const found = m_crossings.find(torrent);
    bool const is_theirs = found != m_crossings.end() && found->second->from.lock().get() == &from;
    return is_theirs ? found->second : nullptr;
}

void ferry::cross(contact_ptr const& from, wire::file_ref const& file) {
    if (m_crossings.contains(file.torrent))
        return;
    auto const what = std::make_shared<crossing>();
    what->from = from;
    what->file = file;
    m_crossings.emplace(file.torrent, what);
    advance(what);
}

void ferry::advance(crossing_ptr const& what) {
    auto const found = m_crossings.find(what->file.torrent);
    if (found == m_crossings.end() || found->second != what)
        return;
    auto const from = what->from.lock();
    if (!from || !m_core.running) {
        m_crossings.erase(found);
        return;
    }
    bool const was_cut_off = std::exchange(what->is_cut_off, !m_core.haul->can_reach(*from));
    if (was_cut_off && !what->is_cut_off)
        what->begin_anew();
    if (!what->is_cut_off) {
        if (m_core.files->port()->has_info(what->file.torrent))
            ask_blocks(*what);
        else
            ask_info(*what);
    }
    look_later(what);
}

void ferry::look_later(crossing_ptr const& what) {
    m_core.alarms.cancel(what->alarm);
    what->alarm = m_core.after(look_pause, m_core.guarded([this, what] { advance(what); }));
}

void ferry::ask_info(crossing& what) {
    auto const now = m_core.now().mono;
    if (what.info_asked && now - *what.info_asked < what.patience)
        return;
    if (what.info_asked)
        what.patience = std::min(what.patience * 2, patience_max);
    if (auto const from = what.from.lock(); from && ask(*from, wire::want_info{what.file.torrent}))
        what.info_asked = now;
}

// Pieces from the first missing one on, as many as fill the window.
void ferry::activate(crossing& what) {
    auto const now = m_core.now().mono;
    auto const window = what.pace.window();
    auto const in_piece = blocks_in_piece(what.file);
    std::erase_if(what.handed_over,
                  [&](auto const& one) { return now - one.second >= check_time; });
    std::size_t open = 0;
    for (auto const& [index, one] : what.pieces)
        open += one.left.size();
    auto const known = what.pieces.size() + what.handed_over.size();
    auto const wanted = known + window / static_cast<std::size_t>(in_piece) + 2;
    for (auto const index : m_core.files->port()->missing(what.file.torrent, wanted)) {
        if (open >= window)
            return;
        if (what.pieces.contains(index) || what.handed_over.contains(index))
            continue;
        crossing::piece made;
        made.first = index * in_piece;
        auto const end = std::min(made.first + in_piece, wire::file_blocks(what.file.size));
        made.octets.resize(static_cast<std::size_t>((end - made.first) * wire::packet_block_bytes));
        for (auto block = made.first; block < end; ++block)
            made.left.insert(made.left.end(), block);
        open += made.left.size();
        what.pieces.emplace(index, std::move(made));
    }
}

void ferry::ask_blocks(crossing& what) {
    auto const from = what.from.lock();
    auto const now = m_core.now().mono;
    auto const lost = std::erase_if(
        what.asked, [&](auto const& one) { return now - one.second >= what.patience; });
    if (lost > 0)
        what.pace.on_lost(now);
    if (lost > 0 && now - what.came >= what.patience)
        what.patience = std::min(what.patience * 2, patience_max);
    auto const window = what.pace.window();
    // Half a window at a time, so that a request is worth its packet.
    if (!from || what.asked.size() > window / 2)
        return;
    activate(what);
    wire::want_blocks request;
    request.torrent = what.file.torrent;
    request.here = m_core.files->fetched(what.file.torrent);
    for (auto const& [index, piece] : what.pieces)
        for (auto const block : piece.left) {
            if (what.asked.size() >= window || request.runs.size() >= wire::max_block_runs)
                break;
            if (!what.asked.emplace(block, now).second)
                continue;
            auto* const last = request.runs.empty() ? nullptr : &request.runs.back();
            if (last != nullptr && last->first + std::uint64_t{last->count} == block)
                ++last->count;
            else
                request.runs.push_back({static_cast<std::uint32_t>(block), 1});
        }
    if (!request.runs.empty())
        (void)ask(*from, request); // what is lost is asked for again
}

void ferry::on(contact_ptr const& from, wire::info_part const& what) {
    auto const to = find(*from, what.torrent);
    auto* const port = m_core.files->port();
    if (!to || port->has_info(what.torrent))
        return;
    if (to->info.size() != what.total) {
        to->info.assign(what.total, 0);
        to->info_left.clear();
        for (std::uint32_t at = 0; at < what.total; at += wire::packet_block_bytes)
            to->info_left.insert(at);
    }
    if (to->info_left.erase(what.from) == 0)
        return;
    std::copy(what.octets.begin(), what.octets.end(), to->info.begin() + what.from);
    to->patience = patience_min;
    to->came = m_core.now().mono;
    if (!to->info_left.empty())
        return;
    if (wire::decode_file_info(to->file, to->info))
        port->add_info(what.torrent, to->info);
    to->info.clear();
    look_later(to); // the port takes it in first
}

void ferry::on(contact_ptr const& from, wire::file_block const& what) {
    auto const to = find(*from, what.torrent);
    if (!to)
        return;
    auto const index = static_cast<std::uint32_t>(what.index / blocks_in_piece(to->file));
    auto const found = to->pieces.find(index);
    if (found == to->pieces.end() || found->second.left.erase(what.index) == 0)
        return;
    auto& piece = found->second;
    to->patience = patience_min;
    to->came = m_core.now().mono;
    if (auto const asked = to->asked.find(what.index); asked != to->asked.end()) {
        to->pace.on_block(to->came - asked->second, to->came);
        to->asked.erase(asked);
    }
    auto const at = (what.index - piece.first) * wire::packet_block_bytes;
    std::copy(what.octets.begin(), what.octets.end(),
              piece.octets.begin() + static_cast<std::ptrdiff_t>(at));
    if (piece.left.empty()) {
        to->handed_over.emplace(index, to->came);
        m_core.files->port()->add_piece(what.torrent, index, std::move(piece.octets));
        to->pieces.erase(found);
    }
    advance(to);
}

void ferry::want_item(contact_ptr const& from, target const& item) {
    if (!m_core.haul->can_reach(*from))
        return;
    auto& wanted = m_wanted_items[from->row.key];
    wanted.insert(item);
    if (wanted.size() == 1)
        m_core.after(gather_pause,
                     m_core.guarded(from, [this](contact_ptr const& who) { flush_items(who); }));
}

void ferry::flush_items(contact_ptr const& from) {
    auto const wanted = std::exchange(m_wanted_items[from->row.key], {});
    m_wanted_items.erase(from->row.key);
    wire::want_items request;
    for (auto const& item : wanted) {
        request.targets.push_back(item);
        if (request.targets.size() < wire::max_wanted_items)
            continue;
        (void)ask(*from, request);
        request.targets.clear();
    }
    if (!request.targets.empty())
        (void)ask(*from, request);
}

void ferry::on(contact_ptr const& from, wire::item_values const& what) {
    for (auto const& value : what.values)
        m_core.attachments->on_brought(*from, value);
}

// nullopt: no way, or too much is on it.
std::optional<message_id> ferry::launch(contact& to, wire::packet const& what) {
    auto const wallet = hauler::wallet_of(to);
    auto* const by = m_core.haul->by();
    auto const plain = wire::encode_packet(what);
    if (!wallet || by == nullptr || !plain || !to.out_box)
        return std::nullopt;
    auto sealed = seal_packet(*to.out_box, plain.value(), m_core.ports.random);
    auto const id = identity::keccak256(sealed);
    if (by->carry(to.row.key, *wallet, id, std::move(sealed)))
        return std::nullopt;
    return id;
}

bool ferry::on_packet(contact_ptr const& from, byte_view sealed) {
    if (!from->is_talking() || !from->in_box)
        return false;
    auto const plain = open_packet(*from->in_box, sealed);
    auto const what =
        plain ? wire::decode_packet(plain.value()) : result<wire::packet>(plain.error());
    if (!what) {
        ++m_core.refused;
        return false;
    }
    std::visit([&](auto const& one) { on(from, one); }, what.value());
    return true;
}

} // namespace tau::messenger
