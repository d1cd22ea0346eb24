#include "identity/private_file.hpp"
#include "net/http_target.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"
#include "tau_node/file_transfer.hpp"
#include "tau_node/message_text.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace tau::node {
namespace {

using nlohmann::json;

void write_new_file(std::filesystem::path const& path, byte_view content) {
    if (std::filesystem::is_directory(path))
        throw usage_error(path.string()
                          + " is a folder; name the new file (the name that the "
                            "sender chose is never used)");
    auto const ec = identity::write_private_file(path, content, identity::write_mode::create);
    if (ec == errc::already_exists)
        throw failure(exit_code::failed, "already_exists",
                      path.string() + " exists already; choose another name");
    if (ec)
        throw failed("cannot write " + path.string(), ec);
}

// What was saved, unless it went to standard output.
exit_code told(command_context const& context, json const& view, std::string const& path) {
    auto const& file = view.at("file");
    if (path == "-")
        return exit_code::done;
    if (context.is_json())
        print_json({{"id", view.value("id", "")},
                    {"path", path},
                    {"bytes", file.value("bytes", std::uint64_t{0})},
                    {"sha256", file.value("sha256", "")}});
    else
        print_line("saved " + size_text(file.value("bytes", std::uint64_t{0})) + " as " + path);
    return exit_code::done;
}

} // namespace

exit_code cmd_save(command_context const& context, save_arguments const& arguments) {
    daemon_client client(context.data);
    auto const message = "/v1/messages/" + net::percent_encode(arguments.id);
    auto const view = client.get(message);
    if (!view.contains("file"))
        throw failure(exit_code::not_found, "not_found", "the message has no file");
    bool const to_output = arguments.path == "-";
    if (!to_output && std::filesystem::exists(arguments.path))
        write_new_file(arguments.path, {}); // says why not, before anything is fetched

    progress_line progress(context.form);
    if (view.at("file").contains("state")) {
        save_file(client, view, arguments.path, progress);
        progress.clear();
        return told(context, view, arguments.path);
    }
    auto const total = view.at("file").value("bytes", std::uint64_t{0});
    progress.show("fetching " + size_text(total) + " ...");
    auto const id = view.value("id", "");
    client.subscribe("/v1/events", [&](std::string const& name, json const& event) {
        if (name == "progress" && event.value("id", "") == id)
            progress.show("fetching: " + size_text(event.value("fetched_bytes", std::uint64_t{0}))
                          + " of " + size_text(total));
    });
    auto const content = client.download(message + "/file");
    progress.clear();
    if (to_output) {
        std::fwrite(content.data(), 1, content.size(), stdout);
        return exit_code::done;
    }
    write_new_file(arguments.path, as_bytes(content));
    return told(context, view, arguments.path);
}

} // namespace tau::node
