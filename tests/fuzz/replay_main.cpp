// Runs a fuzz target without libFuzzer: every corpus file, every truncation of
// it, and a given number of seeded mutations, so that plain builds smoke-test decoders.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

using input = std::vector<std::uint8_t>;

std::vector<input> read_corpus(char const* folder) {
    std::vector<input> corpus{input{}};
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

void run(input const& in) {
    LLVMFuzzerTestOneInput(in.data(), in.size());
}

input mutated(input const& seed, std::mt19937& random) {
    input out = seed;
    auto const changes = 1 + random() % 4;
    for (unsigned i = 0; i < changes; ++i) {
        auto const value = static_cast<std::uint8_t>(random());
        if (out.empty() || random() % 4 == 0)
            out.insert(out.begin() + static_cast<std::ptrdiff_t>(random() % (out.size() + 1)),
                       value);
        else if (random() % 3 == 0)
            out.erase(out.begin() + static_cast<std::ptrdiff_t>(random() % out.size()));
        else
            out[random() % out.size()] = value;
    }
    return out;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s CORPUS-FOLDER MUTATIONS\n", argv[0]);
        return 2;
    }
    int const mutations = std::atoi(argv[2]);
    auto const corpus = read_corpus(argv[1]);
    for (auto const& seed : corpus)
        for (std::size_t length = 0; length <= seed.size(); ++length)
            run(input(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(length)));
    std::mt19937 random(1);
    for (int i = 0; i < mutations; ++i)
        run(mutated(corpus[random() % corpus.size()], random));
    std::printf("%zu corpus files, %d mutations\n", corpus.size() - 1, mutations);
}
