#include "wire/tracker_answer.hpp"

#include "core/hex.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tau::wire {
namespace {

void add_number(std::string& out, std::int64_t value) {
    std::array<char, 24> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void add_int(std::string& out, std::string_view key, std::int64_t value) {
    out += key;
    out += 'i';
    add_number(out, value);
    out += 'e';
}

void add_string(std::string& out, std::string_view value) {
    add_number(out, static_cast<std::int64_t>(value.size()));
    out += ':';
    out += value;
}

// Gathers small pieces of bounded size, so that the answer grows once and not by each.
class piece {
public:
    template <std::size_t N>
    piece& text(char const (&literal)[N]) {
        std::memcpy(m_end, literal, N - 1);
        m_end += N - 1;
        return *this;
    }
    piece& number(std::uint64_t value) {
        m_end = std::to_chars(m_end, m_text.data() + m_text.size(), value).ptr;
        return *this;
    }
    piece& octets(byte_view data) {
        m_end = std::copy(data.begin(), data.end(), m_end);
        return *this;
    }
    [[nodiscard]] std::string_view view() const {
        return {m_text.data(), static_cast<std::size_t>(m_end - m_text.data())};
    }

private:
    std::array<char, 256> m_text; // above the sum of what write_head() writes
    char* m_end = m_text.data();
};

// What stands before the paths and peers.
void write_head(announce_answer const& answer, std::string& out) {
    piece head;
    head.text("d8:completei").number(answer.counts.complete);
    head.text("e10:downloadedi").number(answer.counts.downloaded).text("e");
    if (!answer.external.is_unspecified()) {
        head.text("11:external ip");
        if (answer.external.is_v4())
            head.text("4:").octets(answer.external.to_v4().to_bytes());
        else
            head.text("16:").octets(answer.external.to_v6().to_bytes());
    }
    head.text("10:incompletei").number(answer.counts.incomplete);
    head.text("e8:intervali").number(answer.interval_s).text("e");
    if (answer.route)
        head.text("8:livenessi").number(answer.route->liveness).text("e");
    if (answer.min_interval_s != 0)
        head.text("12:min intervali").number(answer.min_interval_s).text("e");
    out += head.view();
}

template <class Visit>
void for_each_peer(std::string_view compact, std::size_t size, Visit visit) {
    for (std::size_t at = 0; at + size <= compact.size(); at += size)
        visit(from_compact(as_bytes(compact.substr(at, size))).value());
}

void add_peer_dictionaries(std::string& out, announce_answer const& answer) {
    auto const add = [&out](endpoint const& ep) {
        out += "d2:ip";
        add_string(out, ep.address().to_string());
        add_int(out, "4:port", ep.port());
        out += 'e';
    };
    out += 'l';
    for_each_peer(answer.peers, 6, add);
    for_each_peer(answer.peers6, 18, add);
    out += 'e';
}

void add_paths(std::string& out, std::vector<hop_path> const& paths) {
    out += "5:pathsl";
    for (auto const& p : paths) {
        out += 'l';
        for (auto const& hop : p) {
            out += 'd';
            add_int(out, "7:accepts", hop.accepts ? 1 : 0);
            out += "8:endpoint";
            add_string(out, as_text(to_compact(hop.where)));
            if (hop.key) {
                out += "3:key";
                add_string(out, as_text(*hop.key));
            }
            add_int(out, "8:liveness", hop.liveness);
            out += "6:wallet";
            add_string(out, as_text(hop.wallet));
            out += 'e';
        }
        out += 'e';
    }
    out += 'e';
}

void add_json_endpoint(std::string& out, endpoint const& ep) {
    out += "\"ip\":\"";
    out += ep.address().to_string();
    out += "\",\"port\":";
    add_number(out, ep.port());
}

// Thousandths as a decimal fraction.
void add_json_liveness(std::string& out, std::uint16_t thousandths) {
    add_number(out, thousandths / wallet_part::liveness_one);
    out += '.';
    auto const digits = std::to_string(thousandths % wallet_part::liveness_one);
    out.append(3 - digits.size(), '0');
    out += digits;
}

void add_json_paths(std::string& out, std::vector<hop_path> const& paths) {
    out += ",\"paths\":[";
    for (auto const& p : paths) {
        out += &p == paths.data() ? "[" : ",[";
        for (auto const& hop : p) {
            out += &hop == p.data() ? "{\"wallet\":\"0x" : ",{\"wallet\":\"0x";
            out += to_hex(hop.wallet);
            out += "\",";
            add_json_endpoint(out, hop.where);
            out += ",\"liveness\":";
            add_json_liveness(out, hop.liveness);
            if (hop.key)
                out += ",\"key\":\"" + to_hex(*hop.key) + '"';
            out += hop.accepts ? ",\"accepts\":true}" : ",\"accepts\":false}";
        }
        out += ']';
    }
    out += ']';
}

void add_json_counts(std::string& out, swarm_counts const& counts) {
    out += "\"complete\":";
    add_number(out, counts.complete);
    out += ",\"incomplete\":";
    add_number(out, counts.incomplete);
    out += ",\"downloaded\":";
    add_number(out, counts.downloaded);
    if (counts.partial > 0) {
        out += ",\"downloaders\":";
        add_number(out, counts.incomplete - counts.partial);
    }
}

std::string json_escaped(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out;
}

} // namespace

void write_bencoded(announce_answer const& answer, bool compact, std::string& out) {
    write_head(answer, out);
    if (answer.route)
        add_paths(out, answer.route->paths);
    out += "5:peers";
    if (compact) {
        add_string(out, answer.peers);
        if (!answer.peers6.empty()) {
            out += "6:peers6";
            add_string(out, answer.peers6);
        }
    } else {
        add_peer_dictionaries(out, answer);
    }
    if (answer.route)
        add_int(out, "4:time", answer.route->time.time_since_epoch().count());
    out += 'e';
}

void write_json(announce_answer const& answer, std::string& out) {
    out += "{\"interval\":";
    add_number(out, answer.interval_s);
    if (answer.min_interval_s != 0) {
        out += ",\"min_interval\":";
        add_number(out, answer.min_interval_s);
    }
    out += ',';
    add_json_counts(out, answer.counts);
    if (!answer.external.is_unspecified())
        out += ",\"external_ip\":\"" + answer.external.to_string() + '"';
    out += ",\"peers\":[";
    bool first = true;
    auto const add = [&](endpoint const& ep) {
        out += first ? "{" : ",{";
        first = false;
        add_json_endpoint(out, ep);
        out += '}';
    };
    for_each_peer(answer.peers, 6, add);
    for_each_peer(answer.peers6, 18, add);
    out += ']';
    if (answer.route) {
        add_json_paths(out, answer.route->paths);
        out += ",\"liveness\":";
        add_json_liveness(out, answer.route->liveness);
        out += ",\"time\":";
        add_number(out, answer.route->time.time_since_epoch().count());
    }
    out += '}';
}

void write_bencoded(std::vector<scrape_row> rows, std::string& out) {
    auto const by_hash = [](scrape_row const& a, scrape_row const& b) { return a.hash < b.hash; };
    std::sort(rows.begin(), rows.end(), by_hash);
    auto const same = [](scrape_row const& a, scrape_row const& b) { return a.hash == b.hash; };
    rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
    out += "d5:filesd";
    for (auto const& row : rows) {
        add_string(out, as_text(row.hash));
        out += 'd';
        add_int(out, "8:complete", row.counts.complete);
        add_int(out, "10:downloaded", row.counts.downloaded);
        if (row.counts.partial > 0) // else all who are incomplete download
            add_int(out, "11:downloaders", row.counts.incomplete - row.counts.partial);
        add_int(out, "10:incomplete", row.counts.incomplete);
        out += 'e';
    }
    out += "ee";
}

void write_json(std::vector<scrape_row> const& rows, std::string& out) {
    out += "{\"files\":{";
    for (auto const& row : rows) {
        out += &row == rows.data() ? "\"" : ",\"";
        out += to_hex(row.hash);
        out += "\":{";
        add_json_counts(out, row.counts);
        out += '}';
    }
    out += "}}";
}

void write_bencoded_failure(std::string_view reason, std::optional<unix_ms> time,
                            std::string& out) {
    out += "d14:failure reason";
    add_string(out, reason);
    if (time)
        add_int(out, "4:time", time->time_since_epoch().count());
    out += 'e';
}

void write_json_failure(std::string_view reason, std::optional<unix_ms> time, std::string& out) {
    out += "{\"error\":\"" + json_escaped(reason) + '"';
    if (time) {
        out += ",\"time\":";
        add_number(out, time->time_since_epoch().count());
    }
    out += '}';
}

} // namespace tau::wire
