#include "tau_node/file_transfer.hpp"

#include "identity/private_file.hpp"
#include "net/http_target.hpp"
#include "plugins/files/file_folder.hpp"
#include "tau_node/message_text.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include <fcntl.h>

namespace tau::node {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// What goes in one request, as a tree of items.
constexpr std::uint64_t max_small_bytes = 256 * 1024;
constexpr std::uint64_t read_part_bytes = 4 * 1024 * 1024;

std::string read_some(std::istream& in, std::uint64_t count, fs::path const& path) {
    std::string out(static_cast<std::size_t>(count), '\0');
    in.read(out.data(), static_cast<std::streamsize>(count));
    if (std::cmp_not_equal(in.gcount(), count))
        throw failure(exit_code::failed, "storage_failed",
                      path.string() + " cannot be read, or became shorter; nothing was sent");
    return out;
}

// A new file that is complete or absent: written beside its place and linked there.
class new_file {
public:
    explicit new_file(fs::path path) : m_path(std::move(path)), m_beside(m_path) {
        m_beside.replace_filename("." + m_path.filename().string() + ".part");
        std::error_code ignored;
        fs::remove(m_beside, ignored); // of a save that was killed
        m_file = plugins::file_handle(
            ::open(m_beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!m_file.is_open())
            throw failure(exit_code::failed, "storage_failed", "cannot write " + m_path.string());
    }
    ~new_file() {
        std::error_code ignored;
        fs::remove(m_beside, ignored);
    }
    new_file(new_file const&) = delete;
    new_file& operator=(new_file const&) = delete;

    void write(std::string const& part) { check(m_file.write(as_bytes(part))); }
    void finish() {
        check(m_file.sync());
        std::error_code ec;
        fs::create_hard_link(m_beside, m_path, ec); // never over another file
        if (ec == std::errc::file_exists)
            throw failure(exit_code::failed, "already_exists",
                          m_path.string() + " exists already; choose another name");
        if (ec)
            fs::rename(m_beside, m_path, ec); // a disk without links
        check(ec ? error_code(errc::storage_failed) : error_code{});
    }

private:
    void check(error_code ec) const {
        if (ec)
            throw failed("cannot write " + m_path.string(), ec);
    }

    fs::path m_path;
    fs::path m_beside;
    plugins::file_handle m_file;
};

// Asks for the file and waits until all of it is here.
void fetch(daemon_client& client, json const& message, progress_line& progress) {
    auto const id = message.value("id", "");
    auto const total = message.at("file").value("bytes", std::uint64_t{0});
    auto state = message.at("file").value("state", "");
    client.subscribe("/v1/events", [&](std::string const& name, json const& event) {
        if (name != "progress" || event.value("id", "") != id)
            return;
        state = event.value("state", state);
        progress.show(fmt::format(
            "fetching: {} of {}, {}/s", size_text(event.value("fetched_bytes", std::uint64_t{0})),
            size_text(total), size_text(event.value("bytes_per_s", std::uint64_t{0}))));
    });
    client.post("/v1/messages/" + id + "/fetch", json::object());
    // It may have ended between the first look and the events.
    state = client.get("/v1/messages/" + id).at("file").value("state", state);
    client.wait([&] { return state != "moving"; }, std::nullopt);
    if (state != "complete")
        throw failure(exit_code::failed, "storage_failed",
                      "the file does not come: " + size_text(total) + "; see: tau-node inbox");
}

json send_in_parts(daemon_client& client, std::string const& who, fs::path const& path,
                   std::istream& in, std::uint64_t size, progress_line& progress) {
    auto const begun = client.post("/v1/files?bytes=" + std::to_string(size), json::object());
    auto const place = "/v1/files/" + std::to_string(begun.value("upload", std::uint64_t{0}));
    auto const part_bytes = begun.value("part_bytes", max_small_bytes);
    for (std::uint64_t at = 0; at < size;) {
        auto part = read_some(in, std::min(part_bytes, size - at), path);
        auto const count = part.size();
        client.upload(place + "?from=" + std::to_string(at), std::move(part));
        at += count;
        progress.show("sealing: " + size_text(at) + " of " + size_text(size));
    }
    return client.post(place + "/send?to=" + net::percent_encode(who)
                           + "&name=" + net::percent_encode(path.filename().string()),
                       json::object());
}

} // namespace

json send_file(daemon_client& client, std::string const& who, fs::path const& path,
               progress_line& progress) {
    if (fs::is_directory(path))
        throw usage_error(path.string() + " is a folder; name a file");
    std::ifstream in(path, std::ios::binary);
    std::error_code ec;
    auto const size = fs::file_size(path, ec);
    if (!in || ec)
        throw failure(exit_code::not_found, "not_found", "cannot open " + path.string());
    if (size > max_small_bytes)
        return send_in_parts(client, who, path, in, size, progress);
    return client.upload("/v1/messages?to=" + net::percent_encode(who)
                             + "&name=" + net::percent_encode(path.filename().string()),
                         read_some(in, size, path));
}

void save_file(daemon_client& client, json const& message, fs::path const& path,
               progress_line& progress) {
    auto const place = "/v1/messages/" + message.value("id", "") + "/file";
    auto const size = message.at("file").value("bytes", std::uint64_t{0});
    bool const to_output = path == "-";
    std::optional<new_file> out;
    if (!to_output)
        out.emplace(path);
    bool const is_own =
        message.value("from", "") == client.get("/v1/identity").value("public_key", "");
    if (!is_own && message.at("file").value("state", "") != "complete")
        fetch(client, message, progress);
    for (std::uint64_t at = 0; at < size;) {
        auto const part =
            client.download(fmt::format("{}?from={}&count={}", place, at, read_part_bytes));
        if (part.empty())
            throw failure(exit_code::failed, "invalid_checksum", "the file ended too early");
        if (out)
            out->write(part);
        else
            std::fwrite(part.data(), 1, part.size(), stdout);
        at += part.size();
    }
    if (out)
        out->finish();
}

} // namespace tau::node
