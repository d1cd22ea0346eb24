#include "core/hex.hpp"
#include "core/text.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/daemon_client.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <sstream>

namespace tau::node {
namespace {

using nlohmann::json;

// A bencoded string of so many octets is as long as BEP 44 allows (1000).
constexpr std::size_t max_value_octets = 996;

std::string read_value(std::string const& path) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file)
            throw failure(exit_code::not_found, "not_found", "cannot open " + path);
    }
    std::string out(max_value_octets + 1, '\0');
    auto& in = path == "-" ? std::cin : static_cast<std::istream&>(file);
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

} // namespace

exit_code cmd_put(command_context const& context, put_arguments const& arguments) {
    if (!arguments.value && arguments.file.empty())
        throw usage_error("give a VALUE or --file");
    auto const octets = arguments.value ? *arguments.value : read_value(arguments.file);
    if (octets.size() > max_value_octets)
        throw usage_error(fmt::format("an item holds at most {} octets", max_value_octets));
    json what;
    if (is_utf8(octets))
        what["value"] = octets;
    else
        what["value_hex"] = to_hex(as_bytes(octets));
    if (arguments.salt)
        what["salt"] = *arguments.salt;
    if (arguments.seq)
        what["seq"] = *arguments.seq;
    daemon_client client(context.data);
    progress_line progress(context.form);
    progress.show("publishing ...");
    auto const done = client.post("/v1/put", what);
    progress.clear();
    if (context.is_json()) {
        print_json(done);
        return exit_code::done;
    }
    auto const seq = done.value("seq", json());
    print_line(done.value("target", ""));
    fmt::print(stderr, "{}{} nodes took it\n",
               seq.is_number() ? "seq " + seq.dump() + ", " : std::string(),
               done.value("nodes", 0));
    return exit_code::done;
}

} // namespace tau::node
